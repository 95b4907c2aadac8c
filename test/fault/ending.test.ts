import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { aMoment, eventually, turns } from '../support/eventually.js';
import { createSteppedClock } from '../support/stepped-clock.js';
import { watchNetBox, watchProxmox } from './support/arrivals.js';
import { expectCancelled, expectContent, expectConvergence, undisturbed } from './support/expectations.js';
import { apiKey, openFaultWorld, type FaultWorld } from './support/world.js';

const headers = { 'X-Proxbox-API-Key': apiKey };

/** Requests that may be on their way when a client leaves or a signal comes: NetBox is asked one at a time, Proxmox eight. */
const onTheWay = { netbox: 2, proxmox: 16 };

interface Asked {
  readonly netbox: number;
  readonly proxmox: number;
}

const askedBy = ({ netbox, proxmox }: FaultWorld): Asked => ({
  netbox: netbox.counters.total,
  proxmox: proxmox.reduce((sum, { counters }) => sum + counters.total, 0),
});

function expectHardlyMore(world: FaultWorld, before: Asked): void {
  const { netbox, proxmox } = askedBy(world);
  expect(netbox - before.netbox).toBeLessThanOrEqual(onTheWay.netbox);
  expect(proxmox - before.proxmox).toBeLessThanOrEqual(onTheWay.proxmox);
}

interface Active {
  readonly active: boolean;
  readonly runs: readonly { readonly kind: string }[];
}

async function activeRuns(world: FaultWorld): Promise<Active> {
  const response = await fetch(`${world.url}/sync/active`, { headers });
  return (await response.json()) as Active;
}

const untilRuns = (world: FaultWorld, count: number): Promise<void> =>
  eventually(async () => expect((await activeRuns(world)).runs).toHaveLength(count));

/** A client that reads the answer until it is told to leave. */
function openClient(world: FaultWorld, at: string): { leave(): Promise<void> } {
  const abort = new AbortController();
  const reading = fetch(`${world.url}${at}`, { headers, signal: abort.signal })
    .then((response) => response.text())
    .then(
      () => undefined,
      () => undefined,
    );
  return {
    leave: async () => {
      abort.abort();
      await reading;
    },
  };
}

describe('a client that goes away', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    world = await openFaultWorld({
      estate: createEstate({ vms: 12, clusters: 1, seed: 3 }),
      netbox: { latencyMs: 5 },
      proxmox: { latencyMs: 5 },
      variables: { PROXBOX_BULK_BATCH_SIZE: '2' },
      // Time stands still: a run that ends does not end because some pause or limit was over.
      clock: createSteppedClock(),
    });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  /** The client leaves when `leaving` says so: the run ends, and nobody is asked anything more. */
  async function expectRest(at: string, leaving: (leave: () => void) => void): Promise<void> {
    const left = new Promise<void>((resolve) => leaving(resolve));
    const client = openClient(world, at);
    await left;
    await client.leave();
    const before = askedBy(world);
    await untilRuns(world, 0);
    expectHardlyMore(world, before);
    const atRest = askedBy(world);
    await turns();
    expect(askedBy(world)).toEqual(atRest);
  }
  async function expectRestAndConvergence(at: string, leaving: (leave: () => void) => void): Promise<void> {
    await expectRest(at, leaving);
    await expectConvergence(world, wanted);
  }
  const at = (method: string, path: RegExp) => (leave: () => void) =>
    watchNetBox(world.netbox, (arrival) => {
      if (arrival.method === method && path.test(arrival.target)) leave();
    });

  it.each(['/full-update/stream', '/full-update'])('%s, at the first look at NetBox', async (path) => {
    await expectRestAndConvergence(path, at('GET', /./));
  });

  it('while the guests are read', async () => {
    await expectRestAndConvergence('/full-update/stream', (leave) => {
      for (const simulator of world.proxmox)
        watchProxmox(simulator, (target) => {
          if (target.endsWith('/103/config')) leave();
        });
    });
  });

  it('while machines are created: the request under way is finished, no other follows', async () => {
    await expectRestAndConvergence('/full-update/stream', at('POST', /\/virtualization\/virtual-machines\//));
  });

  it('while a stage of its own runs', async () => {
    await expectRestAndConvergence('/dcim/devices/create/stream', at('POST', /\/devices\//));
  });

  it('while the service waits to ask a busy NetBox again', async () => {
    await expectRest('/full-update/stream', (leave) => {
      const action = { status: 503, headers: { 'retry-after': '30' }, body: 'busy' };
      world.netbox.faults.add({ match: { method: 'POST', path: /\/storage\// }, action });
      void eventually(() => expect(world.log.join('')).toContain('retrying in 30s')).then(leave);
    });
    // The pause that NetBox asked for holds for whoever comes next; a service that starts knows nothing of it.
    await world.restart();
    await expectConvergence(world, wanted);
  });

  it('while it waits for its turn: the run before it is not disturbed', async () => {
    const mayGoOn = aMoment();
    const action = { until: mayGoOn.come };
    world.netbox.faults.add({ match: { method: 'POST', path: /\/devices\//, nth: 1 }, action });
    const first = world.fullUpdate();
    await untilRuns(world, 1);
    const second = openClient(world, '/full-update/stream');
    await untilRuns(world, 2);
    await second.leave();

    await untilRuns(world, 1);
    mayGoOn.now();
    expect((await first).complete).toMatchObject({ ok: true, errors: [] });
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });
});

describe('SIGTERM in the middle of a run', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    world = await openFaultWorld({
      estate: createEstate({ vms: 6, clusters: 1, seed: 3 }),
      netbox: { latencyMs: 5 },
      service: 'child',
    });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  it.each([
    ['while it reads', 'GET', /\/storage\//, 0],
    ['while it writes', 'POST', /\/virtualization\/virtual-machines\//, 0],
    ['while it waits for NetBox', 'POST', /\/storage\//, 503],
  ])('%s: the stream ends with the reason, the process with 0', async (_text, method, path, status) => {
    let exit: ReturnType<FaultWorld['end']> | undefined;
    let before: Asked | undefined;
    watchNetBox(world.netbox, (arrival) => {
      if (exit !== undefined || arrival.method !== method || !path.test(arrival.target)) return;
      before = askedBy(world);
      exit = world.end('SIGTERM');
    });
    if (status > 0) world.netbox.faults.add({ match: { method, path }, action: { status, body: 'busy' } });

    const result = await world.fullUpdate();

    expect(await exit).toEqual({ code: 0, signal: null });
    expectHardlyMore(world, before!);
    expectCancelled(result, /^Server shutdown or request cancelled\.$/);
    expect(result.complete.message).toBe('Full update sync cancelled.');
    await world.restart();
    await expectConvergence(world, wanted);
  });
});
