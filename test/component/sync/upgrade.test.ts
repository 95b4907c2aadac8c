import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { path, type Answer } from '../../contract/netbox/target.js';
import { all } from '../../contract/sync/target.js';
import { upgradeEstate } from '../../contract/sync/upgrade-estate.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

type Body = Answer['body'];

const recorded: readonly { readonly as: string; readonly body: Body }[] = JSON.parse(
  readFileSync(new URL('../../support/fixtures/python-original/netbox-0.0.19.post5.json', import.meta.url), 'utf8'),
);

/** Creates what the Python service left in NetBox; relations are named by collection and the id they had. */
async function load(target: SimulatedTarget): Promise<void> {
  const ids = new Map<string, number>();
  for (const { as, body } of recorded) {
    const collection = as.replace(/\d+$/, '');
    const entries = Object.entries(body).map(([key, value]) => [key, ids.get(String(value)) ?? value]);
    const found = body.slug === undefined ? [] : await all(target, collection, `&slug=${body.slug}`); // made at the start
    const { id } = found[0] ?? (await target.netbox.create(collection, Object.fromEntries(entries)));
    ids.set(as, id);
  }
}

describe('the first run after the Python service', () => {
  let target: SimulatedTarget;
  let before: Body[];
  beforeAll(async () => {
    target = await openSimulated(upgradeEstate());
    await load(target);
    before = await all(target, path.vms);
    expect((await target.world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
  });
  afterAll(() => target.close());

  it('adopts every machine under the id it has, and creates none', async () => {
    const told = (rows: readonly Body[]) => rows.map(({ id, name, cluster }) => `${id} ${cluster.name}/${name}`).sort();

    expect(before).toHaveLength(7);
    expect(told(await all(target, path.vms))).toEqual(told(before));
    expect(await all(target, path.vmState)).toHaveLength(7);
  });

  it('duplicates no disk, device, backup, snapshot or task', async () => {
    const counts = [];
    for (const collection of [path.disks, path.devices, path.backups, path.snapshots, path.taskHistory])
      counts.push((await all(target, collection)).length);

    expect(counts).toEqual([11, 5, 4, 2, 4]);
  });

  it('is followed by one that writes nothing', async () => {
    const seen = await target.watch(() => target.world.fullUpdate());

    expect(seen).toMatchObject({ writes: [], changes: 0 });
  });
});
