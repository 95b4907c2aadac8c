/**
 * The property of changes since: whatever operators do between runs, a service that asks the change log for it leaves in NetBox
 * what one leaves that reads everything.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKey, openFaultWorld, type FaultWorld } from '../fault/support/world.js';
import { createHurriedClock } from '../support/hurried-clock.js';
import { root } from '../support/pveum.js';
import { onlySeed, seeds } from './a-tenth.js';
import { applyChange, changeKinds, type Change } from './changes.js';
import { applyEdit, editKinds, prepareOperator, type Edit } from './edits.js';
import { anEstate, restore } from './estate.js';
import { scenarios, type Scenario } from './scenario.js';
import { upheavals, upset, type Upheaval } from './upheavals.js';

interface Round {
  readonly edits: readonly Edit[];
  readonly upheavals: readonly Upheaval[];
  readonly change: Change | null;
}

interface Story {
  readonly clusters: Scenario['clusters'];
  readonly rounds: readonly Round[];
}

const round: fc.Arbitrary<Round> = fc.record({
  edits: fc.array(fc.record({ what: fc.constantFrom(...editKinds), target: fc.nat(20) }), { maxLength: 2 }),
  upheavals: fc.array(fc.record({ what: fc.constantFrom(...upheavals), target: fc.nat(20) }), { maxLength: 2 }),
  change: fc.option(fc.record({ what: fc.constantFrom(...changeKinds), cluster: fc.nat(1), target: fc.nat(20) })),
});

const stories: fc.Arbitrary<Story> = fc.record({
  clusters: scenarios.map(({ clusters }) => clusters),
  rounds: fc.array(round, { minLength: 2, maxLength: 5 }),
});

interface Played {
  /** What NetBox holds after each round. */
  readonly contents: readonly (readonly string[])[];
  /** Lists that were read. */
  readonly reads: number;
}

const hourMs = 3_600_000;
const clock = createHurriedClock(1000);
const everything = '/full-update/stream?delete_nonexistent_backup=true&delete_nonexistent_snapshot=true';

async function play(world: FaultWorld, { clusters, rounds }: Story, isFull: boolean): Promise<Played> {
  const initial = anEstate({ clusters });
  for (const [index, cluster] of world.estate.clusters.entries()) restore(cluster, initial.clusters[index]!);
  await world.freshNetBox();
  const contents: (readonly string[])[] = [];
  let reads = 0;
  const run = async (): Promise<void> => {
    if (isFull) await fetch(`${world.url}/clear-cache`, { headers: { 'X-Proxbox-API-Key': apiKey } });
    world.netbox.resetCounters();
    await world.stream(everything);
    reads += world.netbox.requestLog.filter(({ method }) => method === 'GET').length;
    contents.push(world.content().filter((line) => !line.startsWith('extras/journal-entries ')));
  };
  await run();
  const prepared = prepareOperator(world.netbox);
  await run();
  // So long after a change of custom fields everything is read.
  if (!isFull) await clock.sleep(hourMs);
  for (const { edits, upheavals: more, change } of rounds) {
    for (const edit of edits) applyEdit(world.netbox, edit, prepared);
    for (const one of more) upset(world.netbox, one);
    if (change !== null) applyChange(world.estate, change);
    await run();
  }
  await run();
  return { contents, reads };
}

describe('changes since', () => {
  let world: FaultWorld;
  const saved: number[] = [];
  beforeAll(async () => {
    const shape = { profile: '9.2', nodes: 1, guests: [] } as const;
    const estate = anEstate({ clusters: [shape, shape] });
    world = await openFaultWorld({ estate, clock, proxmox: { users: [root] } });
  });
  afterAll(() => world.close());

  // The name is how to replay it.
  it.each(seeds)('PROPERTY_SEED=%i npm run test:property', async (seed) => {
    const property = fc.asyncProperty(fc.noBias(stories), async (story) => {
      const wanted = await play(world, story, true);
      const found = await play(world, story, false);
      for (const [index, content] of wanted.contents.entries())
        expect(found.contents[index], `after run ${index + 1} of\n${JSON.stringify(story.rounds, null, 1)}`).toEqual(
          content,
        );
      saved.push(wanted.reads - found.reads);
    });
    await fc.assert(property, { seed, numRuns: 1, endOnFailure: onlySeed === undefined });
  });

  it('was tried: less was read', () => {
    expect(saved.reduce((sum, reads) => sum + reads, 0)).toBeGreaterThan(0);
  });
});
