/** Several requests at NetBox at once: never more than configured, and the same content as one after another. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { budgetGuest, createEstate } from '../simulator/estate/index.js';
import type { FaultAction } from '../simulator/http/faults.js';
import type { NetBoxSimulator } from '../simulator/netbox/index.js';
import type { StreamFrame } from '../demo/api-client.js';
import { isObject } from '../../src/values/plain-object.js';
import { expectContent, expectConvergence, undisturbed } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const exhausted: FaultAction = {
  status: 500,
  body: { error: 'FATAL: remaining connection slots are reserved', exception: 'OperationalError' },
};

describe('a first run of 200 guests with four requests at once', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    const variables = {
      PROXBOX_NETBOX_MAX_RETRIES: '8',
      PROXBOX_BULK_BATCH_SIZE: '20',
      PROXBOX_NETBOX_MAX_CONCURRENT: '1',
    };
    world = await openFaultWorld({
      estate: createEstate({ vms: 200, clusters: 2, seed: 3 }),
      netbox: { latencyMs: 2 },
      variables,
      speed: 1000,
    });
    wanted = await undisturbed(world);
    await world.restart({ PROXBOX_NETBOX_MAX_CONCURRENT: '4' });
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  it.each<readonly [string, FaultAction | undefined]>([
    ['NetBox that is well', undefined],
    ['NetBox without database connections now and then', exhausted],
    ['a proxy that answers 503 now and then', { status: 503, body: '<html>busy</html>' }],
  ])('%s: what one at a time gives', async (_name, action) => {
    if (action !== undefined) world.netbox.faults.add({ match: { probability: 0.2 }, action });

    const { complete } = await world.fullUpdate();

    const { mostAtOnce } = world.netbox.counters;
    expect(complete).toMatchObject({ ok: true, errors: [] });
    // Under pressure it may be one all the time.
    expect(mostAtOnce).toBeGreaterThan(action === undefined ? 1 : 0);
    expect(mostAtOnce).toBeLessThanOrEqual(4);
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });
});

/** What happened, without ids and times, sorted. */
function changes({ state }: NetBoxSimulator): readonly string[] {
  return state
    .objects('core/object-changes')
    .map((row) => `${String(row['action'])} ${String(row['changed_object_type'])} ${String(row['object_repr'])}`)
    .sort();
}

interface Run {
  readonly most: number;
  readonly rounds: number;
  readonly content: readonly string[];
  readonly changes: readonly string[];
  readonly frames: readonly Told[];
}

/** A frame without ids, times and counts of requests. */
interface Told {
  readonly form: string;
  readonly name: string;
}

describe('100 guests on a NetBox that takes its time', () => {
  const estate = createEstate({ vms: 100, clusters: 1, seed: 3, guest: budgetGuest });
  const runs = new Map<string, Run>();
  let world: FaultWorld;

  async function run(name: string): Promise<void> {
    world.netbox.resetCounters();
    const { complete, frames } = await world.fullUpdate();
    expect(complete).toMatchObject({ ok: true, errors: [] });
    const { mostAtOnce: most, rounds } = world.netbox.counters;
    runs.set(name, { most, rounds, content: world.content(), changes: changes(world.netbox), frames: told(frames) });
  }

  beforeAll(async () => {
    world = await openFaultWorld({ estate, netbox: { latencyMs: 15 }, speed: 100 });
    for (const width of ['1', '2', '4']) {
      await world.restart({ PROXBOX_NETBOX_MAX_CONCURRENT: width });
      await world.freshNetBox();
      await run(`first ${width}`);
      await world.restart({ PROXBOX_NETBOX_MAX_CONCURRENT: width });
      await run(`no change ${width}`);
    }
  });
  afterAll(() => world.close());

  it.each(['1', '2', '4'])(
    'has %s requests at once in a first run and in one without changes, and never more',
    (width) => {
      expect([runs.get(`first ${width}`)?.most, runs.get(`no change ${width}`)?.most]).toEqual([
        Number(width),
        Number(width),
      ]);
    },
  );

  it.each(['2', '4'])('holds with %s at once what it holds with one, and its change log says the same', (width) => {
    const [one, several] = [runs.get('first 1'), runs.get(`first ${width}`)];

    expect(several?.content).toEqual(one?.content);
    expect(several?.changes).toEqual(one?.changes);
    expect(runs.get(`no change ${width}`)?.changes).toEqual(one?.changes);
  });

  it.each(['2', '4'])('is told with %s at once in the order of one: phases, objects, summaries', (width) => {
    for (const kind of ['first', 'no change']) {
      const [one, several] = [runs.get(`${kind} 1`)?.frames ?? [], runs.get(`${kind} ${width}`)?.frames ?? []];
      expect(several.map(({ form }) => form)).toEqual(one.map(({ form }) => form));
      // Within a phase objects have the order in which Proxmox listed them, which is none.
      expect(several.map(({ name }) => name).sort()).toEqual(one.map(({ name }) => name).sort());
    }
  });

  it('waits with four at once half as often as with one, and in a run without changes as well', () => {
    const share = (kind: string): number =>
      (runs.get(`${kind} 4`)?.rounds ?? Infinity) / (runs.get(`${kind} 1`)?.rounds ?? 1);

    // Kinds of one request each, such as platforms, wait for one another.
    expect(share('first')).toBeLessThanOrEqual(0.52);
    expect(share('no change')).toBeLessThanOrEqual(0.6);
  });
});

/** Every frame but those of progress, which tell what was written so far. */
function told(frames: readonly StreamFrame[]): readonly Told[] {
  return frames
    .filter(({ event }) => event !== 'substep' && event !== 'complete')
    .map(({ event, data }) => {
      const { phase, step, status, item } = data;
      const name = isObject(item) ? item['name'] : undefined;
      const form = JSON.stringify([event, phase, step, status]);
      return { form, name: JSON.stringify([form, name]) };
    });
}

describe.each([
  ['PROXBOX_NETBOX_WRITE_CONCURRENCY', { PROXBOX_NETBOX_WRITE_CONCURRENCY: '2' }, 2, 2],
  ['PROXBOX_VM_SYNC_MAX_CONCURRENCY', { PROXBOX_VM_SYNC_MAX_CONCURRENCY: '1' }, 1, 4],
  ['none of the two', {}, 4, 4],
] as const)('%s bounds the writes of one kind', (_name, variables, ofMachines, ofDisks) => {
  it('and nothing else', async () => {
    const world = await openFaultWorld({
      estate: createEstate({ vms: 60, clusters: 1, seed: 3, guest: budgetGuest }),
      netbox: { latencyMs: 10 },
      speed: 100,
      variables: { PROXBOX_NETBOX_MAX_CONCURRENT: '4', PROXBOX_BULK_BATCH_SIZE: '5', ...variables },
    });
    try {
      await world.fullUpdate();

      const { mostAtOnce, mostOfRoute } = world.netbox.counters;
      expect(mostAtOnce).toBe(4);
      expect(mostOfRoute['POST /api/virtualization/virtual-machines/']).toBe(ofMachines);
      expect(mostOfRoute['POST /api/virtualization/virtual-disks/']).toBe(ofDisks);
    } finally {
      await world.close();
    }
  });
});
