import { describe, expect, it } from 'vitest';
import type { ProxmoxEndpoint } from '../../../src/endpoints/types.js';
import { createPluginMirror, type PluginMirror } from '../../../src/plugin-endpoints/mirror.js';
import type { SeenRow } from '../../../src/plugin-endpoints/take-over.js';
import type { NetBoxClient, NetBoxRecord } from '../../../src/netbox/types.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { anEndpoint } from '../proxmox/fakes.js';

const aRow = (id: number, changes: object = {}): NetBoxRecord => ({
  id,
  name: 'lab',
  domain: '',
  ip_address: { address: '10.0.0.10/24' },
  port: 8006,
  allow_writes: true,
  enabled: true,
  ...changes,
});

interface Setup {
  readonly stored?: readonly ProxmoxEndpoint[];
  readonly rows?: () => readonly NetBoxRecord[] | Promise<readonly NetBoxRecord[]>;
  readonly hasPlugin?: boolean;
}

interface Lab {
  readonly mirror: PluginMirror;
  /** Moves the time on and lets everything that is due happen. */
  readonly step: (ms: number) => Promise<void>;
  readonly reads: () => number;
  readonly seen: (readonly [number, SeenRow])[];
  readonly stop: () => void;
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
};

function aLab({ stored = [anEndpoint({ id: 1, name: 'lab (nb:3)' })], rows, hasPlugin = true }: Setup = {}): Lab {
  const clock = createSteppedClock();
  const stopping = new AbortController();
  const seen: (readonly [number, SeenRow])[] = [];
  let reads = 0;
  const client: Partial<NetBoxClient> = {
    scoped: () => client as NetBoxClient,
    capabilities: async () => ({ proxboxPlugin: hasPlugin }) as Awaited<ReturnType<NetBoxClient['capabilities']>>,
    list: async () => {
      reads += 1;
      return rows === undefined ? [aRow(3)] : rows();
    },
  };
  const mirror = createPluginMirror({
    clock,
    logger: { debug: () => undefined },
    signal: stopping.signal,
    netboxClient: async () => client as NetBoxClient,
    stored: () => stored,
    mirrorPlugin: (id, what) => seen.push([id, what]),
  });
  return {
    mirror,
    seen,
    reads: () => reads,
    stop: () => stopping.abort(new Error('The service stops.')),
    step: async (ms) => {
      clock.step(ms);
      await settle();
    },
  };
}

describe("the mirror of the plugin's switches", () => {
  it('reads 5 s and 60 s after a row was saved', async () => {
    const { mirror, step, reads, seen } = aLab();
    mirror.start();
    mirror.noticeChange({ kind: 'created' });

    await step(4_999);
    const before = reads();
    await step(1);
    const after = reads();
    await step(54_999);
    const between = reads();
    await step(1);

    expect([before, after, between, reads()]).toEqual([0, 1, 1, 2]);
    expect(seen[0]).toEqual([1, { endpointId: 3, allowWrites: true, enabled: true }]);
  });

  it('reads the rows of many endpoints with one request', async () => {
    const stored = [1, 2, 3].map((id) => anEndpoint({ id, name: `lab (nb:${id})`, port: 8000 + id }));
    const rows = () => [1, 2, 3].map((id) => aRow(id, { port: 8000 + id, allow_writes: id === 2 }));
    const { mirror, step, reads, seen } = aLab({ stored, rows });
    mirror.start();
    stored.forEach(() => mirror.noticeChange({ kind: 'updated' }));

    await step(5_000);

    expect(reads()).toBe(1);
    expect(seen.map(([id, { allowWrites }]) => [id, allowWrites])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
  });

  it('reads every 300 s', async () => {
    const { mirror, step, reads } = aLab();
    mirror.start();

    await step(299_999);
    const before = reads();
    await step(1);
    await step(300_000);

    expect([before, reads()]).toEqual([0, 2]);
  });

  it('reads at once after a refusal, at most every 10 s for one endpoint', async () => {
    const { mirror, step, reads } = aLab();
    mirror.start();
    const counts: number[] = [];
    for (const [id, ms] of [
      [1, 0],
      [1, 9_999],
      [2, 0],
      [1, 1],
    ] as const) {
      await step(ms);
      mirror.noticeRefusal(id);
      await step(0);
      counts.push(reads());
    }

    expect(counts).toEqual([1, 1, 2, 3]);
  });

  it('asked while it reads, reads once more and no oftener', async () => {
    let release: (rows: readonly NetBoxRecord[]) => void = () => undefined;
    const { mirror, step, reads } = aLab({ rows: () => new Promise((resolve) => (release = resolve)) });
    mirror.start();
    for (const id of [1, 2, 3, 4]) mirror.noticeRefusal(id);
    await step(0);
    const first = reads();

    release([aRow(3)]);
    await step(0);
    release([aRow(3)]);
    await step(0);

    expect([first, reads()]).toEqual([1, 2]);
  });

  it('goes on after a failure, which changes nothing', async () => {
    let isDown = true;
    const { mirror, step, reads, seen } = aLab({
      rows: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve([aRow(3)])),
    });
    mirror.start();

    await step(300_000);
    const whileDown = seen.length;
    isDown = false;
    await step(300_000);

    expect([reads(), whileDown, seen.length]).toEqual([2, 0, 1]);
  });

  it.each<[string, Setup]>([
    ['leads to another host', { rows: () => [aRow(3, { port: 443 })] }],
    ['is missing', { rows: () => [] }],
  ])('changes nothing when the row %s', async (_what, setup) => {
    const { mirror, step, reads, seen } = aLab(setup);
    mirror.start();

    await step(300_000);

    expect([reads(), seen]).toEqual([1, []]);
  });

  it.each<[string, Setup]>([
    ['no endpoint is stored', { stored: [] }],
    ['NetBox has no such plugin', { hasPlugin: false }],
  ])('asks for nothing when %s', async (_what, setup) => {
    const { mirror, step, reads } = aLab(setup);
    mirror.start();

    await step(300_000);

    expect(reads()).toBe(0);
  });

  it('does nothing before it is started, after a deletion and after the end', async () => {
    const { mirror, step, reads, stop } = aLab();
    mirror.noticeChange({ kind: 'created' });
    mirror.noticeRefusal(1);
    await step(60_000);
    mirror.start();
    mirror.noticeChange({ kind: 'deleted' });
    await step(60_000);
    mirror.noticeChange({ kind: 'updated' });
    stop();
    await step(600_000);

    expect(reads()).toBe(0);
  });
});
