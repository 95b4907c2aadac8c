import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { expectContent, expectConvergence, undisturbed } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

describe('runs that are asked for at the same moment', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    world = await openFaultWorld({
      estate: createEstate({ vms: 8, clusters: 2, seed: 3 }),
      variables: { PROXBOX_BULK_BATCH_SIZE: '2', PROXBOX_NETBOX_MAX_CONCURRENT: '4' },
      netbox: { latencyMs: 2 },
    });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  it.each([2, 5])('%i full updates: each completes, one waits for the other, nothing is doubled', async (count) => {
    const results = await Promise.all(Array.from({ length: count }, () => world.fullUpdate()));

    for (const { complete } of results) expect(complete).toMatchObject({ ok: true, errors: [] });
    const waits = results.flatMap(({ frames }) =>
      frames.filter(({ data }) => String(data['message']).startsWith('waiting for a running')),
    );
    expect(waits.length).toBeGreaterThan(0);
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });

  it.each(['/dcim/devices/create/stream', '/virtualization/virtual-machines/create/stream'])(
    '%s twice, on an empty NetBox',
    async (path) => {
      const results = await Promise.all([world.stream(path), world.stream(path)]);

      for (const { complete } of results) expect(complete).toMatchObject({ ok: true, errors: [] });
      await expectConvergence(world, wanted);
    },
  );

  it('a full update and its own stages one after another beside it', async () => {
    const paths = ['/dcim/devices', '/virtualization/virtual-machines/storage', '/virtualization/virtual-machines'];
    const stages = async () => {
      for (const path of paths)
        expect((await world.stream(`${path}/create/stream`)).complete).toMatchObject({ ok: true });
    };

    const [{ complete }] = await Promise.all([world.fullUpdate(), stages()]);

    expect(complete).toMatchObject({ ok: true, errors: [] });
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });
});
