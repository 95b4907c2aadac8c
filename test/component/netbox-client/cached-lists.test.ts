/** Lists in the cache, under our own writes: what a reader gets is what NetBox would answer now. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, readFields } from '../../../src/netbox/kinds/decode.js';
import { kinds, type ObjectKind } from '../../../src/netbox/kinds/index.js';
import type { JsonObject, NetBoxClient, NetBoxRecord, Query } from '../../../src/netbox/types.js';
import { openSimulated } from './harness.js';

const pathOf = (kind: ObjectKind): string => kinds[kind].path;

/** Whole tables, and one or two filters of each sort that the stages use. */
type List = readonly [ObjectKind, Query];
const lists: readonly List[] = [
  ['tag', { slug: ['t0', 't1'] }],
  ['cluster', { name: ['c0', 'C1'] }],
  ['virtual-machine', {}],
  ['virtual-machine', { cluster_id: [1] }],
  ['virtual-machine', { id: [1, 2, 5] }],
  ['virtual-machine', { name: ['m0', 'M1'] }],
  ['virtual-disk', {}],
  ['virtual-disk', { virtual_machine_id: [1, 2] }],
  ['vm-interface', {}],
  ['vm-interface', { virtual_machine_id: [2] }],
  ['ip-address', { assigned_object_type: 'virtualization.vminterface' }],
  ['ip-address', { address: ['10.0.0.1', '10.0.0.2/24'] }],
  ['mac-address', { assigned: false }],
  ['vm-state', {}],
];

/** What other objects show of a written one: the run that wrote it goes on with what it has read. */
const shown = ['disk', 'virtual_disk_count', 'mac_address', 'mac_addresses', 'primary_mac_address'];

/** As far as anybody compares it: of a related object which one it is, of a choice its value. */
function compared(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compared);
  if (typeof value !== 'object' || value === null) return value;
  if ('value' in value) return value.value;
  return 'id' in value ? value.id : value;
}

function rowsOf(records: readonly NetBoxRecord[], without: readonly string[] = []): readonly unknown[] {
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record)
        .filter(([field]) => !without.includes(field))
        .map(([field, value]) => [field, compared(value)]),
    ),
  );
}

type Write = (client: NetBoxClient) => Promise<unknown>;

const batch = { batchSize: 2, delayMs: 0 };
const few = fc.integer({ min: 0, max: 3 });
const id = fc.integer({ min: 1, max: 5 });
/** NetBox refuses to assign an address to an interface that is still to come. */
const nic = fc.option(fc.constantFrom(1, 2));

/** Bodies of each kind; some name objects that do not exist, or take a name that is taken. */
const bodies: { readonly [kind in ObjectKind]?: fc.Arbitrary<JsonObject> } = {
  tag: few.map((n) => ({ name: `T${n}`, slug: `t${n}` })),
  cluster: few.map((n) => ({ name: `c${n}`, type: 1 })),
  'virtual-machine': fc
    .tuple(few, id, fc.constantFrom({}, { tags: [1] }, { memory: 512 }, { status: 'offline' }))
    .map(([n, cluster, more]) => ({ name: `m${n}`, cluster, ...more })),
  'virtual-disk': fc
    .tuple(few, id, id)
    .map(([n, machine, size]) => ({ name: `d${n}`, virtual_machine: machine, size })),
  'vm-interface': fc.tuple(few, id).map(([n, machine]) => ({ name: `net${n}`, virtual_machine: machine })),
  'ip-address': fc.tuple(few, nic).map(([n, of]) => ({
    address: `10.0.0.${n + 1}/24`,
    assigned_object_type: of === null ? null : 'virtualization.vminterface',
    assigned_object_id: of,
  })),
  'mac-address': fc.tuple(few, nic).map(([n, of]) => ({
    mac_address: `02:00:00:00:00:0${n}`,
    assigned_object_type: of === null ? null : 'virtualization.vminterface',
    assigned_object_id: of,
  })),
};

const writeOf = (kind: ObjectKind, body: fc.Arbitrary<JsonObject>): fc.Arbitrary<Write> => {
  const path = pathOf(kind);
  const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.array(body, { minLength: 1, maxLength: 3 }).map(
        (all): Write =>
          (client) =>
            client.bulkCreate(path, all, batch),
      ),
    },
    {
      weight: 2,
      arbitrary: body.map(
        (one): Write =>
          (client) =>
            client.create(path, one),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(ids, body).map(
        ([of, one]): Write =>
          (client) =>
            client.bulkPatch(
              path,
              of.map((each) => ({ id: each, body: one })),
              batch,
            ),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(id, body).map(
        ([of, one]): Write =>
          (client) =>
            client.patch(path, of, one),
      ),
    },
    {
      weight: 1,
      arbitrary: ids.map(
        (of): Write =>
          (client) =>
            client.bulkDelete(path, of, batch),
      ),
    },
    {
      weight: 1,
      arbitrary: id.map(
        (of): Write =>
          (client) =>
            client.delete(path, of),
      ),
    },
  );
};

const primary = fc.tuple(id, fc.option(id)).map(
  ([machine, address]): Write =>
    (client) =>
      client.patch(pathOf('virtual-machine'), machine, { primary_ip4: address }),
);
const anyWrite = fc.oneof(primary, ...Object.entries(bodies).map(([kind, body]) => writeOf(kind as ObjectKind, body)));

async function prepare(client: NetBoxClient): Promise<void> {
  const create = (kind: ObjectKind, ...all: readonly JsonObject[]) => client.bulkCreate(pathOf(kind), all, batch);
  await create('tag', { name: 'T0', slug: 't0' });
  await create('cluster-type', { name: 'kind', slug: 'kind' });
  await create('cluster', { name: 'c0', type: 1 }, { name: 'C1', type: 1 });
  await create('virtual-machine', { name: 'm0', cluster: 1 }, { name: 'M1', cluster: 2 });
  await create('vm-interface', { name: 'net0', virtual_machine: 1 }, { name: 'net0', virtual_machine: 2 });
  await create('ip-address', {
    address: '10.0.0.1/24',
    assigned_object_type: 'virtualization.vminterface',
    assigned_object_id: 1,
  });
  await create('vm-state', { virtual_machine: 1, proxmox_vm_id: 100 }, { virtual_machine: 2, proxmox_vm_id: 101 });
}

describe('lists in the cache', () => {
  it.each([
    ['as NetBox renders them', () => undefined],
    ['as records of their kinds', (kind: ObjectKind) => (row: NetBoxRecord) => decode(kind, row)],
  ])('stay what NetBox would answer, whatever we write: kept %s', async (_how, keepOf) => {
    let hits = 0;
    const property = fc.asyncProperty(fc.array(anyWrite, { minLength: 1, maxLength: 6 }), async (writes) => {
      const harness = await openSimulated('4.7.3');
      const { client } = harness;
      const counters = { requests: 0, writes: 0, retries: 0, overwhelmed: 0, cacheHits: 0 };
      const run = client.scoped({ window: client.openWindow('now', Infinity), counters });
      const read = (reader: NetBoxClient, [kind, query]: List, cache: 'use' | 'bypass') => {
        const fields = readFields(kind);
        const [[filter, values] = ['', '']] = Object.entries(query);
        return Array.isArray(values)
          ? reader.listByValues(pathOf(kind), filter, values, { fields }, { cache, keep: keepOf(kind) })
          : reader.list(pathOf(kind), { ...query, fields }, { cache, keep: keepOf(kind) });
      };
      try {
        await prepare(client);
        for (const list of lists) await read(run, list, 'use');
        for (const write of writes) {
          await write(run).catch(() => undefined);
          for (const list of lists) {
            const mine = rowsOf(await read(run, list, 'use'), shown);
            const now = await read(client, list, 'bypass');
            expect(mine, JSON.stringify(list)).toEqual(rowsOf(now, shown));
            expect(rowsOf(await read(client, list, 'use')), JSON.stringify(list)).toEqual(rowsOf(now));
          }
        }
        hits += counters.cacheHits;
      } finally {
        await harness.close();
      }
    });
    await fc.assert(property, { numRuns: 12, seed: 7 });
    expect(hits).toBeGreaterThan(400);
  });

  it('are not mixed up: what is kept of one is no answer for who wants all of it', async () => {
    const harness = await openSimulated('4.7.3');
    const { client } = harness;
    await prepare(client);
    const fields = readFields('virtual-machine');
    const keep = ({ id: key }: NetBoxRecord) => ({ id: key });

    const ids = [...(await client.list(pathOf('virtual-machine'), { fields }, { keep }))];
    const whole = await client.list(pathOf('virtual-machine'), { fields });
    const again = await client.list(pathOf('virtual-machine'), { fields }, { keep });

    expect(ids).toEqual([{ id: 1 }, { id: 2 }]);
    expect(whole).toMatchObject([
      { id: 1, name: 'm0' },
      { id: 2, name: 'M1' },
    ]);
    expect(again).toEqual(ids);
    await harness.close();
  });
});
