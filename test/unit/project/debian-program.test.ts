/** How the tests find the programs that they need, and what they say where there is none. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureProgram } from '../../support/debian-program.mjs';

const wanted = {
  title: 'Proxy',
  names: ['no-such-proxy', 'a-proxy'],
  debian: 'proxy',
  variable: 'A_PROXY',
  tests: 'The tests need',
};
const silent = (): void => undefined;
const advice =
  'The tests need Proxy. Install it (Debian: apt-get install proxy), or name another program of its kind in the variable A_PROXY.';

describe('a program that the tests need', () => {
  let folder: string;
  const place = (name: string, mode: number): string => {
    const file = path.join(folder, name);
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, mode);
    return file;
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'proxbox-programs-'));
    vi.stubEnv('PATH', folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('is the first of its names that is on the path', async () => {
    const file = place('a-proxy', 0o755);

    expect(await ensureProgram(wanted, silent)).toBe(file);
  });

  it('is the one that the variable names', async () => {
    place('a-proxy', 0o755);
    vi.stubEnv('A_PROXY', place('another', 0o755));

    expect(await ensureProgram(wanted, silent)).toBe(path.join(folder, 'another'));
  });

  it('is refused where the variable names something else', async () => {
    vi.stubEnv('A_PROXY', place('a-file', 0o644));

    await expect(ensureProgram(wanted, silent)).rejects.toThrow(
      `A_PROXY names ${path.join(folder, 'a-file')}, which is no program. ${advice}`,
    );
  });

  it('that is missing, where apt-get is missing too, is named with what to do', async () => {
    await expect(ensureProgram(wanted, silent)).rejects.toThrow(
      `There is no Proxy, and it cannot be installed without apt-get and root. ${advice}`,
    );
  });

  it('that apt-get cannot install is named with the reason', async () => {
    const apt = place('apt-get', 0o755);
    writeFileSync(apt, '#!/bin/sh\necho "E: Unable to locate package" >&2\nexit 100\n');
    vi.stubGlobal('process', Object.assign(Object.create(process) as object, { getuid: () => 0 }));

    await expect(ensureProgram(wanted, silent).finally(() => vi.unstubAllGlobals())).rejects.toThrow(
      `apt-get could not install Proxy:\nE: Unable to locate package\n${advice}`,
    );
  });
});
