/** NetBox as a preview sees it: what it would write is there for whoever reads, and nothing of it is sent. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { kindDefinition, objectKinds, type ObjectKind } from '../../../../src/netbox/kinds/index.js';
import { filterOf, withoutImagined } from '../../../../src/netbox/overlay/filters.js';
import { createOverlay } from '../../../../src/netbox/overlay/overlay.js';
import { tableAt } from '../../../../src/netbox/overlay/tables.js';
import type { JsonObject, NetBoxBulkClient } from '../../../../src/netbox/types.js';
import { createInMemoryNetBox, type InMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';

const at = (kind: ObjectKind): string => kindDefinition(kind).path;
const bulk = { batchSize: 10, delayMs: 0 };
const machines = at('virtual-machine');
const ports = at('vm-interface');
const macs = at('mac-address');
const addresses = at('ip-address');
const disks = at('virtual-disk');

let netbox: InMemoryNetBox;
let overlay: NetBoxBulkClient;
beforeEach(() => {
  netbox = createInMemoryNetBox();
  overlay = createOverlay(netbox.client);
});

async function make(kind: ObjectKind, body: JsonObject): Promise<number> {
  const [outcome] = await overlay.bulkCreate(at(kind), [body], bulk);
  if (outcome?.status !== 'created') throw new Error('not created');
  return outcome.record.id;
}
const change = (kind: ObjectKind, id: number, body: JsonObject) => overlay.bulkPatch(at(kind), [{ id, body }], bulk);
const idsOf = async (...asked: Parameters<NetBoxBulkClient['list']>) =>
  (await overlay.list(...asked)).map(({ id }) => id);

describe('a preview of NetBox', () => {
  it('shows new objects after those that there are, with ids that are nobody else`s', async () => {
    const { id } = netbox.put(machines, { name: 'web', cluster: 3 });
    const made = [
      await make('virtual-machine', { name: 'db', cluster: 3 }),
      await make('virtual-machine', { name: 'WEB' }),
    ];

    expect(made.every((one) => one < -1)).toBe(true);
    expect(await idsOf(machines)).toEqual([id, ...made]);
    expect(await idsOf(machines, { cluster_id: 3 })).toEqual([id, made[0]]);
    expect(await idsOf(machines, { name: 'web' })).toEqual([id, made[1]]);
    expect(await idsOf(machines, { id: made[0] })).toEqual([made[0]]);
    expect(netbox.writes).toEqual([]);
  });

  it('shows what was changed where it belongs now, as far as it was asked for', async () => {
    const { id } = netbox.put(machines, { name: 'web', cluster: 3, status: 'active', comments: 'mine' });
    netbox.put(machines, { name: 'other', cluster: 4 });

    expect(await change('virtual-machine', id, { cluster: 4 })).toMatchObject([{ status: 'updated', record: { id } }]);

    expect(await idsOf(machines, { cluster_id: 3 })).toEqual([]);
    expect(await overlay.list(machines, { cluster_id: 4, fields: 'id,name,cluster' })).toMatchObject([
      { id, name: 'web', cluster: { id: 4 } },
      { name: 'other' },
    ]);
    const [row] = await overlay.list(machines, { id, fields: 'id,name' });
    expect(row).toEqual({ id, name: 'web' });
    expect((await overlay.list(machines, { id }))[0]).toMatchObject({ comments: 'mine', status: { value: 'active' } });
    expect(netbox.rows(machines)[0]).toMatchObject({ cluster: { id: 3 } });
  });

  it('does not find what somebody has deleted in NetBox, nor what it has deleted itself', async () => {
    const { id } = netbox.put(disks, { name: 'scsi0', virtual_machine: 1, size: 5 });
    expect(await change('virtual-disk', 99, { size: 1 })).toEqual([{ status: 'gone' }]);

    expect(await overlay.bulkDelete(disks, [id], bulk)).toEqual([{ status: 'deleted' }]);

    expect(await idsOf(disks)).toEqual([]);
    expect(await change('virtual-disk', id, { size: 1 })).toEqual([{ status: 'gone' }]);
    expect(await overlay.bulkDelete(disks, [id], bulk)).toEqual([{ status: 'gone' }]);
  });

  it('takes along what hangs on what is deleted, and empties what only points there', async () => {
    const machine = netbox.put(machines, { name: 'web' });
    const port = netbox.put(ports, { name: 'net0', virtual_machine: machine.id });
    const mac = netbox.put(macs, {
      mac_address: 'AA',
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: port.id,
    });
    const other = netbox.put(ports, { name: 'net1', virtual_machine: 77, primary_mac_address: mac.id });
    const made = await make('virtual-disk', { name: 'scsi0', virtual_machine: machine.id, size: 3 });
    expect(await idsOf(disks)).toEqual([made]);

    await overlay.bulkDelete(macs, [mac.id], bulk);
    await overlay.bulkDelete(machines, [machine.id], bulk);

    expect(await idsOf(disks)).toEqual([]);
    expect(await overlay.list(ports)).toMatchObject([{ id: other.id, primary_mac_address: null }]);
  });

  it('sends no id of its own, and asks whether the table is there all the same', async () => {
    const machine = await make('virtual-machine', { name: 'web' });
    const list = vi.spyOn(netbox.client, 'list');
    const byValues = vi.spyOn(netbox.client, 'listByValues');
    netbox.reads.length = 0;

    await overlay.listByValues(ports, 'virtual_machine_id', [machine, 5]);
    await overlay.listByValues(ports, 'virtual_machine_id', [machine]);
    await overlay.list(ports, { virtual_machine_id: machine });

    expect(byValues.mock.calls.map(([, , values]) => values)).toEqual([[5]]);
    expect(list.mock.calls.map(([, query]) => query)).toEqual([
      { id: 0, fields: 'id' },
      { id: 0, fields: 'id' },
    ]);
    expect(withoutImagined({ id: [-2, 4], name: '-2', tag_id: -5 })).toBeUndefined();
    expect(withoutImagined({ id: [-2, 4], name: '-2' })).toEqual({ id: [4], name: '-2' });
  });

  it('writes nothing, whatever it is told to write (that it cannot: test/types/preview.ts)', async () => {
    const { client } = netbox;
    const writing = (['create', 'patch', 'delete', 'bulkCreate', 'bulkPatch', 'bulkDelete'] as const).map((name) =>
      vi.spyOn(client, name),
    );
    const id = await make('virtual-machine', { name: 'web' });
    await change('virtual-machine', id, { name: 'db' });
    await overlay.scoped({}).bulkDelete(machines, [id], bulk);

    expect(writing.map(({ mock }) => mock.calls)).toEqual(writing.map(() => []));
    expect(await overlay.may('add', machines)).toBeUndefined();
  });

  it('refuses the second of two equal objects, as NetBox is not sent it', async () => {
    const outcomes = await overlay.bulkCreate(machines, [{ name: 'a' }, { name: 'b' }, { name: 'a' }], {
      ...bulk,
      keyOf: ({ name }) => String(name),
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'created', 'failed']);
  });
});

describe('what NetBox computes', () => {
  const disk = (machine: number, size: number) =>
    make('virtual-disk', { name: `d${size}`, virtual_machine: machine, size });

  it('is imitated for the disk of a machine: the sum of its disks', async () => {
    const { id } = netbox.put(machines, { name: 'web', disk: 7, virtual_disk_count: 1 });
    const stored = netbox.put(disks, { name: 'd7', virtual_machine: id, size: 7 });
    const added = await disk(id, 5);
    const read = async () => (await overlay.list(machines, { id }))[0];
    expect(await read()).toMatchObject({ disk: 12, virtual_disk_count: 2 });

    await change('virtual-disk', stored.id, { size: 1 });
    expect(await read()).toMatchObject({ disk: 6 });
    await overlay.bulkDelete(disks, [stored.id, added], bulk);
    expect(await read()).toMatchObject({ disk: null, virtual_disk_count: 0 });
  });

  it('is imitated for the site of machines: that of their cluster', async () => {
    const cluster = netbox.put(at('cluster'), { name: 'lab', scope_type: 'dcim.site', scope_id: 9 });
    const machine = await make('virtual-machine', { name: 'web', cluster: cluster.id });
    expect(await overlay.list(machines, { id: machine })).toMatchObject([{ site: { id: 9 } }]);

    await change('cluster', cluster.id, { scope_type: 'dcim.site', scope_id: 10 });
    expect(await overlay.list(machines, { id: machine })).toMatchObject([{ site: { id: 10 } }]);
  });

  it('is imitated for the MAC address of an interface', async () => {
    const machine = await make('virtual-machine', { name: 'web' });
    const port = await make('vm-interface', { name: 'net0', virtual_machine: machine });
    const of = { assigned_object_type: 'virtualization.vminterface', assigned_object_id: port };
    const mac = await make('mac-address', { mac_address: 'BC:24:11:00:00:01', ...of });
    await change('vm-interface', port, { primary_mac_address: mac });
    expect(await overlay.list(ports, { id: port })).toMatchObject([{ mac_address: 'BC:24:11:00:00:01' }]);
    expect([await idsOf(macs, { primary: 'true' }), await idsOf(macs, { primary: 'false' })]).toEqual([[mac], []]);
    expect(await idsOf(macs, { virtual_machine_id: machine })).toEqual([mac]);

    await change('vm-interface', port, { mac_address: 'bc:24:11:00:00:02' });
    const all = await overlay.list(macs);
    expect(all.map((row) => row['mac_address'])).toEqual(['BC:24:11:00:00:01', 'BC:24:11:00:00:02']);
    expect(await idsOf(macs, { primary: 'false' })).toEqual([mac]);
  });

  it('is imitated for what an address hangs on', async () => {
    const machine = netbox.put(machines, { name: 'web' });
    const port = netbox.put(ports, { name: 'net0', virtual_machine: machine.id });
    const id = await make('ip-address', {
      address: '10.0.0.5/24',
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: port.id,
    });
    expect(await overlay.list(addresses, { virtual_machine_id: machine.id })).toMatchObject([
      { id, assigned_object: { id: port.id, name: 'net0', virtual_machine: { id: machine.id } } },
    ]);
    for (const address of ['10.0.0.5', '10.0.0.5/24']) expect(await idsOf(addresses, { address })).toEqual([id]);
    expect(await idsOf(addresses, { address: '10.0.0.5/16' })).toEqual([]);
  });

  it('is imitated for tags, which are added and taken, and for custom fields, which are merged', async () => {
    const tag = netbox.put(at('tag'), { name: 'a', slug: 'a' });
    const own = await make('tag', { name: 'b', slug: 'b' });
    const { id } = netbox.put(machines, { name: 'web', tags: [tag.id], custom_fields: { one: 1, two: 2 } });

    await change('virtual-machine', id, { add_tags: [own], remove_tags: [tag.id], custom_fields: { two: 3 } });

    expect(await overlay.list(machines, { id })).toMatchObject([
      { tags: [{ id: own, slug: 'b' }], custom_fields: { one: 1, two: 3 } },
    ]);
    expect(await idsOf(machines, { tag_id: own })).toEqual([id]);
    expect(await idsOf(machines, { tag_id: tag.id })).toEqual([]);
  });
});

describe('filters', () => {
  it('that a preview does not know are a bug, whether or not there is anything to choose from', async () => {
    await expect(overlay.list(machines, { colour: 'red' })).rejects.toMatchObject({ code: 'internal' });
    await expect(overlay.listByValues(machines, 'has_primary_ip', ['x'])).rejects.toMatchObject({ code: 'internal' });
  });

  it('leave to NetBox what only NetBox can tell', async () => {
    const vlans = at('vlan');
    const [inSite, global, grouped] = [{ site: 5 }, {}, { group: 6 }].map((more) =>
      netbox.put(vlans, { vid: 10, name: 'v', ...more }),
    );
    for (const row of [inSite, global, grouped]) await change('vlan', row!.id, { name: 'w' });
    vi.spyOn(netbox.client, 'list').mockResolvedValue([grouped!]);
    expect(await idsOf(vlans, { available_at_site: 5 })).toEqual([inSite!.id, global!.id, grouped!.id]);
    vi.spyOn(netbox.client, 'list').mockResolvedValue([]);
    expect(await idsOf(vlans, { available_at_site: 7 })).toEqual([global!.id]);
  });

  it('that runs use are all known: whoever uses another one teaches it to previews', () => {
    const folder = path.resolve('src/sync');
    const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(path.join(folder, name), 'utf8'));
    const written = texts.flatMap((text) =>
      [
        ...text.matchAll(/filter: '([a-z0-9_]+)'/g),
        ...text.matchAll(/listByValues\(\s*path,\s*'([a-z0-9_]+)'/g),
        ...text.matchAll(/rowsOf\(\s*'[a-z-]+',\s*'([a-z0-9_]+)'/g),
        ...text.matchAll(/load\(\s*'[a-z-]+',\s*\{ ([a-z0-9_]+):/g),
      ].map(([, name = '']) => name),
    );
    const tables = [...new Set(objectKinds.map(at))].flatMap((one) => tableAt(one) ?? []);
    const isKnown = (name: string): boolean => tables.some((table) => filterOf(table, name) !== undefined);
    expect(new Set(written).size).toBeGreaterThan(15);
    expect([...new Set(written)].filter((name) => !isKnown(name))).toEqual([]);

    const natural = objectKinds.flatMap((kind) => {
      const { natural: key } = kindDefinition(kind);
      const table = tableAt(at(kind));
      if (key === null || table === undefined) return [];
      const [first] = key.fields;
      const names = [key.filter ?? first, `${first}_id`, `${first}__ie`];
      return names.some((name) => filterOf(table, name) !== undefined) ? [] : [kind];
    });
    expect(natural).toEqual([]);
  });
});
