/** What an operator hung on a row that is to go, as an entry in its journal: NetBox deletes it with the row, so that stays. */
import { afterEach, describe, expect, it } from 'vitest';
import { anEstate } from '../../contract/sync/estates.js';
import { path } from '../../contract/netbox/target.js';
import { all, sync, syncPartly, syncQuietly } from '../../contract/sync/target.js';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aVanishingLab, everything, expectVanished, rowsOf, vanish, variables } from './vanishing.js';

const journal = '/api/extras/journal-entries/';

describe('an entry in the journal', () => {
  const clock = createSteppedClock();
  let target: SimulatedTarget;
  let lab: EstateCluster;
  afterEach(() => target.close());

  async function open(): Promise<void> {
    lab = aVanishingLab();
    target = await openSimulated(anEstate(lab), { clock, variables, proxmox: { users: [root] } });
    await sync(target);
  }

  function lose(): void {
    vanish(lab);
    clock.step(3_600_000);
    target.simulator.resetCounters();
  }

  const write = (model: string, id: number, comments: string) =>
    target.netbox.create(journal, { assigned_object_type: model, assigned_object_id: id, comments });
  const asked = () =>
    target.simulator.requestLog.filter(({ method, target: url }) => method === 'GET' && url.startsWith(journal));

  it('that an operator wrote keeps the row and is told of; one that a sync or verb wrote keeps nothing', async () => {
    await open();
    const mine = await rowsOf(target, 101, 103);
    for (const { model, id } of mine) await write(model, id, 'ticket 4711');
    for (const { model, id } of await rowsOf(target, 100, 102))
      await write(model, id, 'Proxbox operational verb dispatched.\n\n- verb: start');
    lose();

    const { frames } = await sync(target, everything);

    for (const { collection, model, id } of mine) {
      expect(
        (await all(target, collection)).map((row) => row.id),
        collection,
      ).toContain(id);
      expect(await all(target, journal, `&assigned_object_type=${model}&assigned_object_id=${id}`)).not.toEqual([]);
    }
    const told = frames.filter((frame) => JSON.stringify(frame).includes('a journal entry'));
    expect(told.length).toBeGreaterThan(0);
    await expectVanished(target);
    clock.step(3_600_000);
    await syncQuietly(target, everything);
  });

  it('is asked for only where rows are to go, once per kind and stage', async () => {
    await open();
    target.simulator.resetCounters();
    clock.step(3_600_000);
    await syncQuietly(target, everything);
    expect(asked()).toEqual([]);
    lose();

    await sync(target, everything);

    const types = asked().map(({ target: url }) => new URL(url, 'http://netbox').searchParams);
    // Disks, backups, snapshots, MAC addresses and addresses; in the sweep machines with what goes along but backups: there are none.
    expect(types).toHaveLength(11);
    expect(types.every((query) => query.has('assigned_object_type') && query.has('assigned_object_id'))).toBe(true);
  });

  it('keeps a row as a contact does', async () => {
    await open();
    const contact = await target.netbox.create('/api/tenancy/contacts/', { name: 'Ann' });
    const role = await target.netbox.create('/api/tenancy/contact-roles/', { name: 'Owner', slug: 'owner' });
    const gone = await all(target, path.ipAddresses, '&address=10.0.1.101');
    const on = { object_type: 'ipam.ipaddress', object_id: gone[0]!.id };
    await target.netbox.create('/api/tenancy/contact-assignments/', { ...on, contact: contact.id, role: role.id });
    lose();

    const { frames } = await sync(target, everything);

    expect((await all(target, path.ipAddresses)).map(({ id }) => id)).toContain(on.object_id);
    expect(await all(target, '/api/tenancy/contact-assignments/')).toHaveLength(1);
    expect(frames.some((frame) => JSON.stringify(frame).includes('a contact'))).toBe(true);
  });

  it('that the token may not view may be there: every row stays, and the right is named once in each stage', async () => {
    await open();
    const rows = [...(await rowsOf(target, 100, 102)), ...(await rowsOf(target, 101, 103))];
    lose();
    target.simulator.faults.add({
      match: { path: /journal-entries/, method: 'GET' },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });

    const { complete } = await syncPartly(target, everything, ['forbidden']);

    for (const { collection, id } of rows)
      expect(
        (await all(target, collection)).map((row) => row.id),
        collection,
      ).toContain(id);
    expect(JSON.stringify(complete)).toContain('extras.view_journalentry');
  });
});
