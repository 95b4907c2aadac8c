/** What an operator writes while a run works, at whichever moment of it: it stays, and so does the row that was to go. */
import { afterEach, describe, expect, it } from 'vitest';
import { anEstate } from '../../contract/sync/estates.js';
import { watchNetBox, watchProxmox } from '../../fault/support/arrivals.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aVanishingLab, everything, models, vanish, variables } from './vanishing.js';

const collections = models.map(([path]) => path.replace(/^\/api\/|\/$/g, ''));

interface Edit {
  readonly collection: string;
  readonly id: number;
}

describe('rows that are to go, and are tagged and described by an operator', () => {
  let target: SimulatedTarget;
  let tag: number;
  afterEach(() => target.close());

  async function open(): Promise<void> {
    const lab = aVanishingLab();
    target = await openSimulated(anEstate(lab), { variables });
    await target.world.stream(everything);
    tag = target.simulator.operator.create('extras/tags', { name: 'Mine', slug: 'mine', color: '00ff00' }).id;
    vanish(lab);
  }

  /** Everything that is there. */
  function editAll(): readonly Edit[] {
    const { simulator } = target;
    return collections.flatMap((collection) =>
      simulator.state.objects(collection).map((row) => {
        const tags = [...(row['tags'] as readonly number[]), tag];
        simulator.operator.update(collection, row.id, {
          tags,
          ...('description' in row ? { description: 'By hand, ask Ann' } : {}),
        });
        return { collection, id: row.id };
      }),
    );
  }

  function lost(edits: readonly Edit[]): readonly string[] {
    return edits.flatMap(({ collection, id }) => {
      const row = target.simulator.state.find(collection, (one) => one.id === id);
      if (row === undefined) return [`${collection} ${id} is gone`];
      const isThere = (row['tags'] as readonly number[]).includes(tag);
      const isDescribed = !('description' in row) || row['description'] === 'By hand, ask Ann';
      return isThere && isDescribed ? [] : [`${collection} ${id} is written over`];
    });
  }

  it.each([2, 9, 16, 23])('when Proxmox is asked for the %i. time: all of it stays', async (nth) => {
    await open();
    let edits: readonly Edit[] = [];
    watchProxmox(target.world.proxmox[0]!, (_target, count) => {
      if (count === nth) edits = editAll();
    });

    await target.world.stream(everything);

    expect(edits.length).toBeGreaterThan(20);
    expect(lost(edits)).toEqual([]);
  });

  it('right before the first is deleted: nothing that was not sent by then goes, and the run tells of the others', async () => {
    await open();
    let edits: readonly Edit[] = [];
    watchNetBox(target.simulator, ({ target: url }) => {
      const isSecondLook = url.includes('virtual-disks') && /[?&]id=/.test(url);
      if (edits.length === 0 && isSecondLook) edits = editAll();
    });

    const { complete } = await target.world.stream(everything);

    expect(edits.length).toBeGreaterThan(20);
    expect(lost(edits.filter(({ collection }) => collection.endsWith('virtual-disks')))).toEqual([]);
    expect(JSON.stringify(complete)).toContain('edited_meanwhile');
  });
});
