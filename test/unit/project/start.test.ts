/** src/cli/start.sh: which heap it gives to which container, and that it becomes node. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = path.join(import.meta.dirname, '../../../src/cli/start.sh');
const mebibytes = (count: number): string => String(count * 1_048_576);

describe('the start in a container', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'proxbox-start-'));
    const node = path.join(folder, 'node');
    writeFileSync(node, '#!/bin/sh\necho "$@"\n');
    chmodSync(node, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What node is started with beside what it always is, and the path of the program. */
  const startWith = (file: string, limit: string, options = ''): string => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), `${limit}\n`);
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, CGROUP_FOLDER: folder, NODE_OPTIONS: options };
    const told = execFileSync('sh', [script], { env, encoding: 'utf8' }).trim();
    const [, flags] = /^--max-semi-space-size=8 --heap-growing-percent=50 (.*?) ?\S+\/dist\/main\.js$/.exec(told) ?? [];
    return flags ?? `unexpected: ${told}`;
  };

  it.each([
    [256, 144],
    [512, 384],
    [768, 576],
    [4096, 3072],
  ])('of %i MB gives the heap %i MB, room for new objects included', (limit, heap) => {
    const flags = `--max-old-space-size=${heap - 24}`;

    expect(startWith('memory.max', mebibytes(limit))).toBe(flags);
    rmSync(path.join(folder, 'memory.max'));
    expect(startWith('memory/memory.limit_in_bytes', mebibytes(limit))).toBe(flags);
  });

  it('without a limit leaves the heap to node', () => {
    expect(startWith('memory.max', 'max')).toBe('');
    rmSync(path.join(folder, 'memory.max'));
    expect(startWith('memory/memory.limit_in_bytes', '9223372036854771712')).toBe('');
  });

  it('leaves it to the operator who has set one', () => {
    expect(startWith('memory.max', mebibytes(512), '--max-old-space-size=300')).toBe('');
  });
});
