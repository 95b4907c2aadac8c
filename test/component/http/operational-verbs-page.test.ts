/** The commands of docs/operational-verbs.md, run by a shell as they are written there, on the simulators that the page names. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { pveum, root } from '../../support/pveum.js';
import { openWorld, type World } from '../../support/world.js';
import { switchInPlugin } from './verb-world.js';

const page = readFileSync(new URL('../../../docs/operational-verbs.md', import.meta.url), 'utf8');
const tryIt = page.slice(page.indexOf('## Try it'));
const [, script = ''] = /```sh\n([^]*?)```/.exec(tryIt) ?? [];

interface Example {
  readonly command: string;
  /** What the page says that it answers. */
  readonly told: string;
}

const examples: readonly Example[] = script
  .trim()
  .split('\n\n')
  .map((block) => {
    const lines = block.split('\n');
    const isTold = (line: string): boolean => line.startsWith('#');
    return {
      command: lines.filter((line) => !isTold(line)).join('\n'),
      told: lines
        .filter(isTold)
        .map((line) => line.replace(/^# */, ''))
        .join('\n'),
    };
  });

/** Differ from run to run, or are cut on the page. */
const volatile = ['dispatched_at', 'journal_entry_url', 'proxmox_task_upid', 'sse_url', 'endpoint_name', 'task_upid'];

/** `"result":"ok"`, as the page shows them. */
function pairsOf(text: string): readonly string[] {
  const pairs = [...text.matchAll(/"(\w+)":("[^"]*"|[\w.]+)/g)];
  return pairs.filter(([pair, key]) => !volatile.includes(key ?? '') && !pair.includes('...')).map(([pair]) => pair);
}

describe('the examples of docs/operational-verbs.md', () => {
  let world: World;
  let sse = '';
  beforeAll(async () => {
    world = await openWorld({ estate: createEstate({ vms: 20, clusters: 2, seed: 1 }) });
    const synced = await world.ask('GET', '/virtualization/virtual-machines/create');
    expect(synced.status).toBe(200);
    switchInPlugin(world, true);
  });
  afterAll(() => world.close());

  it('are there', () => expect(examples.length).toBeGreaterThanOrEqual(7));

  it.each(examples)('$command', async ({ command, told }) => {
    const env = { ...process.env, B: world.url, H: `X-Proxbox-API-Key: ${world.apiKey}`, SSE: sse };
    const shell = `curl() { command curl -sS -w '\\n%{http_code}' "$@"; }\n${command}`;

    const { stdout } = await promisify(execFile)('/bin/bash', ['-c', shell], { env });

    const at = stdout.lastIndexOf('\n');
    const [answer, status] = [stdout.slice(0, at), stdout.slice(at + 1)];
    sse = /"sse_url":"([^"]+)"/.exec(answer)?.[1] ?? sse;
    expect(status).toBe(/^(\d{3}) /.exec(told)?.[1] ?? '200');
    for (const pair of pairsOf(told)) expect(answer).toContain(pair);
    for (const [event] of told.matchAll(/^event: \w+$/gm)) expect(answer).toContain(event);
  });
});

describe.each(['8.4', '9.1'] as const)('the role of docs/operational-verbs.md on Proxmox VE %s', (profile) => {
  it('is what the verbs need beside the read-only role', async () => {
    const estate = createEstate({ vms: 20, clusters: 1, seed: 1 });
    const clusters = estate.clusters.map((cluster) => ({ ...cluster, profile }));
    const proxmox = { acl: 'read-only', users: [root], taskDurationMs: 0 } as const;
    const world = await openWorld({ estate: { ...estate, clusters }, proxmox });
    const [simulator] = world.proxmox;
    await world.ask('GET', '/virtualization/virtual-machines/create');
    await world.ask('PUT', '/proxmox/endpoints/1', { allow_writes: true });
    switchInPlugin(world, true);
    const act = async () => {
      const verbs = [
        ['start', {}],
        ['snapshot', { snapname: 'before' }],
        ['migrate', { target: 'pve2', online: true }],
        ['rollback', { snapname: 'before' }],
        ['start', {}],
        ['shutdown', {}],
      ] as const;
      const statuses: number[] = [];
      for (const [verb, body] of verbs)
        statuses.push((await world.ask('POST', `/proxmox/qemu/102/${verb}?endpoint_id=1`, body)).status);
      return statuses;
    };
    const without = await act();

    for (const [line] of page.matchAll(/^pveum .*$/gm))
      await pveum(line.replaceAll('netbox@pve', simulator!.username), simulator!.url);
    const after = await act();
    await world.close();

    expect(without).toEqual([200, 502, 502, 404, 200, 502]);
    expect(after).toEqual([200, 200, 202, 200, 200, 200]);
  });
});
