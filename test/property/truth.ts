/**
 * The property of truth: whatever fails and whoever edits, nothing that is not ours changes, nothing is removed that Proxmox still
 * has, every object is accounted for, and a healthy run ends where one without faults would have.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openFaultWorld, type FaultWorld } from '../fault/support/world.js';
import { root } from '../support/pveum.js';
import { anEstate } from './estate.js';
import { play } from './run.js';
import { scenarios, scenariosWith } from './scenario.js';

/**
 * `PROPERTY_SEED=17`: that one alone, reduced to what still fails. `PROPERTY_SEEDS`: how many, from `PROPERTY_FIRST` on.
 * `PROPERTY_KIND=nic-added,disk-text`: one of these changes and edits in each of them.
 */
const {
  PROPERTY_SEED: only,
  PROPERTY_SEEDS: total = '20',
  PROPERTY_FIRST: first = '1',
  PROPERTY_KIND: kind,
} = process.env;

const all = kind === undefined ? scenarios : scenariosWith(kind.split(','));

/** Half of the seeds: the others belong to the other file, so that two workers share them. */
export function describeTruth(half: 0 | 1): void {
  const chosen =
    only === undefined ? Array.from({ length: Number(total) }, (_, n) => Number(first) + n) : [Number(only)];
  const seeds = chosen.filter((seed) => seed % 2 === half);

  describe.skipIf(seeds.length === 0)(`truth, with orphans ${half === 0 ? 'kept' : 'deleted'}`, () => {
    let world: FaultWorld;
    beforeAll(async () => {
      const shape = { profile: '9.2', nodes: 1, guests: [] } as const;
      const variables = { PROXBOX_DELETE_ORPHANS: String(half === 1), PROXBOX_NETBOX_MAX_RETRIES: '1' };
      const estate = anEstate({ clusters: [shape, shape] });
      world = await openFaultWorld({ estate, variables, speed: 1000, proxmox: { users: [root] } });
    });
    afterAll(() => world.close());

    // The name is how to replay it.
    it.each(seeds)('PROPERTY_SEED=%i npm run test:property', async (seed) => {
      const property = fc.asyncProperty(fc.noBias(all), (scenario) => play(world, scenario));
      await fc.assert(property, { seed, numRuns: 1, endOnFailure: only === undefined });
    });
  });
}
