/** Custom fields that NetBox fills in on every new object: such a value is nobody's, another one is an operator's. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { anEstate } from '../../contract/sync/estates.js';
import { all, edit, sync, syncQuietly } from '../../contract/sync/target.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aVanishingLab, everything, expectVanished, models, rowsOf, vanish, variables } from './vanishing.js';

describe('a custom field with a default', () => {
  const clock = createSteppedClock();
  let target: SimulatedTarget;
  afterEach(() => target.close());

  it.each([
    ['text', { type: 'text', default: 'none' }, 'mine'],
    ['boolean', { type: 'boolean', default: true }, false],
    ['json', { type: 'json', default: { a: 1, b: [2] } }, { a: 2 }],
  ])('of type %s keeps nothing that goes, and what an operator wrote into it does', async (_type, field, other) => {
    const lab = aVanishingLab();
    target = await openSimulated(anEstate(lab), { clock, variables, proxmox: { users: [root] } });
    await target.netbox.create(path.customFields, {
      name: 'monitored',
      object_types: models.map(([, model]) => model),
      ...field,
    });
    await sync(target);
    // What goes of the second guest is an operator's.
    const mine = { custom_fields: { monitored: other } };
    for (const [collection] of models)
      for (const row of await all(target, collection))
        expect(row.custom_fields, collection).toMatchObject({ monitored: field.default });
    const kept = await rowsOf(target, 101, 103);
    for (const { collection, id } of kept) await edit(target, collection, id, mine);
    vanish(lab);
    clock.step(3_600_000);
    target.simulator.resetCounters();

    await sync(target, everything);

    const asked = target.simulator.requestLog.filter(({ target: url }) => url.includes('/custom-fields/'));
    // Every run asks for the fields with our names.
    expect(asked.filter(({ target: url }) => !url.includes('name=proxmox_vm_id'))).toHaveLength(1);
    for (const { collection, id } of kept)
      expect(
        (await all(target, collection)).map((row) => row.id),
        collection,
      ).toContain(id);
    await expectVanished(target);
    clock.step(3_600_000);
    await syncQuietly(target, everything);
  });
});
