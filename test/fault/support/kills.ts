import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { watchNetBox } from './arrivals.js';
import { expectNoDeletes, expectQuiet, expectRecovery } from './expectations.js';
import { openFaultWorld, type FaultWorld } from './world.js';

/** Something of every kind on each guest. */
const little = { disks: 1, networkDevices: 1, addresses: 1, backups: 1, snapshots: 1, tasks: 1 };

/**
 * The process is killed when request k of a first run arrives, for so many k spread over the run: `before` NetBox carries
 * the request out, or `after` it did and before the answer leaves. The process that is started again runs twice for that
 * NetBox, and is then the one that is killed at the next point.
 */
export function describeKills(
  moment: 'before' | 'after',
  { guests, points }: { readonly guests: number; readonly points: number },
): void {
  describe(`kill -9 in a first run of ${guests} guests, ${moment} NetBox carried out the request under way`, () => {
    let world: FaultWorld;
    let wanted: readonly string[];
    let requests: number;

    beforeAll(async () => {
      world = await openFaultWorld({
        estate: createEstate({ vms: guests, clusters: 2, seed: 3, guest: little }),
        variables: { PROXBOX_BULK_BATCH_SIZE: '20', PROXBOX_BACKUP_BATCH_SIZE: '20' },
        service: 'child',
      });
      world.netbox.resetCounters();
      expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
      requests = world.netbox.counters.total;
      wanted = world.content();
    });
    afterAll(() => world.close());

    it.each(Array.from({ length: points }, (_, index) => index))(
      'point %i: started again, the next run completes what was begun',
      async (index) => {
        await world.freshNetBox();
        const offset = moment === 'before' ? 0.25 : 0.75;
        const killAt = 1 + Math.floor(((index + offset) * requests) / points);
        let killed: ReturnType<FaultWorld['end']> | undefined;
        watchNetBox(world.netbox, ({ count }) => {
          if (count === killAt) killed = world.end('SIGKILL');
        });
        const action = moment === 'before' ? 'reset-before' : 'reset-after-commit';
        world.netbox.faults.add({ match: { nth: killAt }, action });

        await expect(world.fullUpdate()).rejects.toThrow();

        expect(await killed).toEqual({ code: null, signal: 'SIGKILL' });
        expectNoDeletes(world.netbox);
        await world.restart();
        await expectRecovery(world, wanted);
      },
    );

    it('and after it a run writes nothing', () => expectQuiet(world));
  });
}
