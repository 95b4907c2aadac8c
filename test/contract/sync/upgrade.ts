import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { path, type Answer } from '../netbox/target.js';
import { all, edit, one, sync, syncQuietly, type OpenTarget, type SyncTarget } from './target.js';
import { upgradeEstate } from './upgrade-estate.js';

type Body = Answer['body'];

const recorded: readonly { readonly as: string; readonly body: Body }[] = JSON.parse(
  readFileSync(new URL('../../support/fixtures/python-original/netbox-0.0.19.post5.json', import.meta.url), 'utf8'),
);

const collectionOf = (as: string): string => as.replace(/\d+$/, '');

/**
 * Creates what the Python service left in NetBox; relations are named by collection and the id they had.
 * @returns the ids they got, by the path they had
 */
async function load(target: SyncTarget): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const { as, body } of recorded) {
    const collection = collectionOf(as);
    const entries = Object.entries(body).map(([key, value]) => [key, ids.get(String(value)) ?? value]);
    const found = body.slug === undefined ? [] : await all(target, collection, `&slug=${body.slug}`); // made at the start
    const { id } = found[0] ?? (await target.netbox.create(collection, Object.fromEntries(entries)));
    ids.set(as, id);
    if (collection === path.macAddresses) await makePrimary(target, ids.get(body.assigned_object_id)!, id);
  }
  return ids;
}

/** The Python service did so with every MAC address: else NetBox shows none for the interface. */
async function makePrimary(target: SyncTarget, vmInterface: number, mac: number): Promise<void> {
  await edit(target, path.vmInterfaces, vmInterface, { primary_mac_address: mac });
}

/** A NetBox that the Python service has filled is taken over as it is. */
export function describeUpgrade(openTarget: OpenTarget): void {
  describe('the first run after the Python service', () => {
    let target: SyncTarget;
    let before: Body[];
    let loaded: ReadonlyMap<string, number>;
    beforeAll(async () => {
      target = await openTarget(upgradeEstate());
      loaded = await load(target);
      before = await all(target, path.vms);
      await sync(target);
    });
    afterAll(() => target.close());

    it('adopts every machine under the id it has, and creates none', async () => {
      const told = (rows: readonly Body[]) =>
        rows.map(({ id, name, cluster }) => `${id} ${cluster.name}/${name}`).sort();

      expect(before).toHaveLength(7);
      expect(told(await all(target, path.vms))).toEqual(told(before));
      expect(await all(target, path.vmState)).toHaveLength(7);
    });

    it('keeps every other object under its id, but for what it had given to a machine of the other cluster', async () => {
      const left = new Set<string>();
      for (const collection of new Set([...loaded.keys()].map(collectionOf)))
        for (const { id } of await all(target, collection)) left.add(`${collection}${id}`);
      const gone = [...loaded].filter(([as, id]) => !left.has(`${collectionOf(as)}${id}`)).map(([as]) => as);

      expect(gone).toEqual(['/api/plugins/proxbox/backups/4']);
      const { assigned_object: holder } = await one(target, path.ipAddresses, 'address=10.50.0.10');
      expect(holder).toMatchObject({ name: 'net0', virtual_machine: { name: 'twin' } });
      const owners = (await all(target, path.backups)).map((backup) => backup.virtual_machine.name);
      expect(owners.sort()).toEqual(['dns01', 'twin', 'web01', 'web01']);
    });

    it.each([
      ['disks', path.disks, 11],
      ['devices', path.devices, 5],
      ['node interfaces', path.deviceInterfaces, 25],
      ['VM interfaces', path.vmInterfaces, 6],
      ['MAC addresses', path.macAddresses, 5],
      ['IP addresses', path.ipAddresses, 10],
      ['VLANs', path.vlans, 4],
      ['storages', path.storage, 6],
      ['backups', path.backups, 4],
      ['snapshots', path.snapshots, 2],
      ['tasks', path.taskHistory, 4],
      ['replications', path.replications, 2],
      ['backup routines', path.backupRoutines, 3],
    ])('adds to the %s what was missing, and duplicates none', async (_what, collection, count) => {
      expect(await all(target, collection)).toHaveLength(count);
    });

    it('is followed by one that writes nothing', async () => {
      await syncQuietly(target);
    });
  });
}
