import { describe, expect, it } from 'vitest';
import { typeOf } from '../../../../src/netbox/kinds/fields.js';
import { fieldSpec, kindDefinition, objectKinds, type ObjectKind } from '../../../../src/netbox/kinds/index.js';
import type { JsonObject, NetBoxRecord } from '../../../../src/netbox/types.js';
import { creationKey, finderOf } from '../../../../src/sync/executor/find-existing.js';
import { createInMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';

interface Asked {
  readonly path: string;
  readonly filter: string;
  readonly values: readonly (string | number)[];
  readonly query: unknown;
  readonly options: unknown;
}

/** Looks bodies up in a NetBox that answers with these rows, whatever it is asked. */
async function find(kind: ObjectKind, bodies: readonly JsonObject[], rows: readonly NetBoxRecord[] = []) {
  const asked: Asked[] = [];
  const { client } = createInMemoryNetBox();
  const answers = await finderOf(kind)?.(bodies, {
    ...client,
    listByValues: async (path, filter, values, query, options) => {
      asked.push({ path, filter, values, query, options });
      return rows;
    },
  });
  return { asked, found: answers?.map((row) => row?.id ?? null) };
}

const onPort = { assigned_object_type: 'virtualization.vminterface', assigned_object_id: 8 };

/** By kind: an object as it is sent, the filter that NetBox is asked with, and its value. */
const lookups: Partial<Record<ObjectKind, readonly [body: JsonObject, filter: string, value: string | number]>> = {
  tag: [{ slug: 'proxbox' }, 'slug', 'proxbox'],
  manufacturer: [{ slug: 'proxmox' }, 'slug', 'proxmox'],
  'device-type': [{ slug: 'generic' }, 'slug', 'generic'],
  'device-role': [{ slug: 'node' }, 'slug', 'node'],
  'cluster-type': [{ slug: 'cluster' }, 'slug', 'cluster'],
  'vm-type': [{ slug: 'qemu' }, 'slug', 'qemu'],
  platform: [{ slug: 'debian' }, 'slug', 'debian'],
  site: [{ slug: 'berlin' }, 'slug', 'berlin'],
  cluster: [{ name: 'lab', scope_type: 'dcim.site', scope_id: 4 }, 'name', 'lab'],
  'cluster-state': [{ cluster: 5 }, 'cluster_id', 5],
  device: [{ name: 'pve1', site: 4, cluster: 5 }, 'name__ie', 'pve1'],
  'device-state': [{ device: 3 }, 'device_id', 3],
  'node-interface': [{ device: 3, name: 'vmbr0' }, 'device_id', 3],
  'mac-address': [{ mac_address: 'BC:24:11:00:00:01', ...onPort }, 'mac_address', 'BC:24:11:00:00:01'],
  'virtual-machine': [{ name: 'web', cluster: 5, tags: [1] }, 'name__ie', 'web'],
  'vm-interface': [{ virtual_machine: 7, name: 'net0' }, 'virtual_machine_id', 7],
  'virtual-disk': [{ virtual_machine: 7, name: 'scsi0' }, 'virtual_machine_id', 7],
  vlan: [{ vid: 50, site: 4, tenant: 6 }, 'vid', 50],
  'ip-address': [{ address: '10.0.0.5/24', ...onPort }, 'address', '10.0.0.5/24'],
  storage: [{ name: 'ceph', cluster: 5 }, 'name', 'ceph'],
  'vm-state': [{ virtual_machine: 7 }, 'virtual_machine_id', 7],
  'vm-interface-state': [{ vm_interface: 8 }, 'vm_interface_id', 8],
  'guest-vm-interface': [{ virtual_machine: 7, name: 'eth0' }, 'virtual_machine_id', 7],
  'guest-vm-interface-address': [{ guest_interface: 9, ip_address: 10 }, 'guest_interface_id', 9],
  'virtual-disk-state': [{ virtual_disk: 11 }, 'virtual_disk_id', 11],
  snapshot: [{ name: 'clean', vmid: 100, node: 'pve1', virtual_machine: 7 }, 'name', 'clean'],
  backup: [{ volume_id: 'pbs:backup/vm/100', virtual_machine: 7 }, 'volume_id', 'pbs:backup/vm/100'],
  'task-history': [{ upid: 'UPID:pve1:1' }, 'upid', 'UPID:pve1:1'],
  replication: [{ replication_id: '100-0', endpoint: 2 }, 'replication_id', '100-0'],
  'backup-routine': [{ job_id: 'backup-1', endpoint: 2 }, 'job_id', 'backup-1'],
  'sdn-controller': [{ controller_name: 'evpn1', endpoint: 2, cluster_name: 'lab' }, 'controller_name', 'evpn1'],
  'sdn-zone': [{ zone_name: 'overlay', endpoint: 2, cluster_name: 'lab' }, 'zone_name', 'overlay'],
  'sdn-vnet': [{ vnet_name: 'office', endpoint: 2, cluster_name: 'lab' }, 'vnet_name', 'office'],
  'sdn-subnet': [
    { subnet: '10.11.0.0/24', vnet_name: 'office', endpoint: 2, cluster_name: 'lab' },
    'subnet',
    '10.11.0.0/24',
  ],
  'sdn-fabric': [{ fabric_name: 'core', endpoint: 2, cluster_name: 'lab' }, 'fabric_name', 'core'],
  'sdn-route-map': [{ name: 'out', order: 10, endpoint: 2, cluster_name: 'lab' }, 'name', 'out'],
  'sdn-prefix-list': [{ name: 'own', cidr: '10.0.0.0/8', endpoint: 2, cluster_name: 'lab' }, 'name', 'own'],
  'sdn-binding': [
    { source_name: 'overlay/office', source_type: 'vnet', endpoint: 2, cluster_name: 'lab' },
    'source_name',
    'overlay/office',
  ],
  l2vpn: [{ slug: 'proxbox-1-lab-overlay-office' }, 'slug', 'proxbox-1-lab-overlay-office'],
  'l2vpn-termination': [
    { assigned_object_id: 5, assigned_object_type: 'virtualization.vminterface' },
    'assigned_object_id',
    5,
  ],
  'route-target': [{ name: 'campus' }, 'name', 'campus'],
  prefix: [{ prefix: '10.11.0.0/24' }, 'prefix', '10.11.0.0/24'],
  // The plugin's filter is called as its field.
  'cloud-init': [{ virtual_machine: 7 }, 'virtual_machine', 7],
};

const cases = objectKinds.flatMap((kind) => {
  const lookup = lookups[kind];
  return lookup === undefined ? [] : [[kind, ...lookup] as const];
});

/** Each field by which objects of a kind are recognised. */
const byField = cases.flatMap(([kind, body]) =>
  (kindDefinition(kind).natural?.fields ?? []).map((field) => [kind, field, body] as const),
);

/** An object as NetBox renders it: relations nested, but for those that are bare ids. */
function rendered(kind: ObjectKind, id: number, body: JsonObject): NetBoxRecord {
  const fields = Object.entries(body).map(([field, value]): [string, unknown] => {
    const spec = fieldSpec(kind, field);
    if (spec === undefined) throw new Error(`${kind} has no field ${field}`);
    if (field === 'tags') return [field, Array.isArray(value) ? value.map((tag: unknown) => ({ id: tag })) : []];
    return [field, typeOf(spec) === 'relation' && !field.endsWith('_id') ? { id: value } : value];
  });
  return { id, ...Object.fromEntries(fields) };
}

/** Another value of the same type. */
function other(value: unknown): unknown {
  if (typeof value === 'number') return value + 1000;
  return value === onPort.assigned_object_type ? 'dcim.interface' : `${String(value).slice(0, -1)}9`;
}

describe('looking up what was created already', () => {
  it('is possible for every kind but those that are never created, or never looked up', () => {
    expect(objectKinds.filter((kind) => finderOf(kind) === undefined).sort()).toEqual([
      'address-claim',
      'address-journal',
      'backup-journal',
      'cluster-link',
      'contact-assignment',
      'custom-field',
      'device-primary-address',
      'fhrp-group-assignment',
      'freed-name',
      'image-attachment',
      'journal-entry',
      'machine-disk',
      'machine-journal',
      'machine-mark',
      'node-link',
      'primary-address',
      'released-device-primary',
      'released-mac',
      'released-primary',
      'service',
      'tenant',
      'tunnel-termination',
      'vm-state-role',
    ]);
    expect(objectKinds.filter((kind) => finderOf(kind) !== undefined).sort()).toEqual(Object.keys(lookups).sort());
  });

  it.each(cases)('asks for %s %j with %s=%s, past every cache', async (kind, body, filter, value) => {
    const { asked } = await find(kind, [body]);
    const { path, query = {} } = kindDefinition(kind);
    expect(asked).toEqual([{ path, filter, values: [value], query, options: { cache: 'bypass' } }]);
  });

  it.each(['device', 'virtual-machine'] as const)('leaves out the rendered context of a %s', async (kind) => {
    const { asked } = await find(kind, [{ name: 'a' }]);
    expect(asked[0]?.query).toEqual({ exclude: 'config_context' });
  });

  it.each(cases)('takes the row of NetBox that is the same %s', async (kind, body) => {
    const stranger = rendered(kind, 1, Object.fromEntries(Object.entries(body).map(([f, v]) => [f, other(v)])));
    const { found } = await find(kind, [body], [stranger, rendered(kind, 2, body)]);
    expect(found).toEqual([2]);
  });

  it.each(byField)('does not take a %s with another %s, though NetBox answered with it', async (kind, field, body) => {
    const { found } = await find(kind, [body], [rendered(kind, 1, { ...body, [field]: other(body[field]) })]);
    expect(found).toEqual([null]);
  });

  it.each([
    [101, null],
    [100, 1],
    [null, 1],
  ])('of the sidecar of a machine: one that names VMID %s is %s', async (vmid, expected) => {
    const row = rendered('vm-state', 1, { virtual_machine: 7, proxmox_vm_id: vmid });
    expect((await find('vm-state', [{ virtual_machine: 7, proxmox_vm_id: 100 }], [row])).found).toEqual([expected]);
  });

  it('asks once for a value that several objects have, and answers each of them', async () => {
    const bodies = ['net0', 'net1', 'net2'].map((name) => ({ virtual_machine: 7, name }));
    const rows = [2, 0].map((n) => rendered('vm-interface', n + 20, { virtual_machine: 7, name: `net${n}` }));
    const { asked, found } = await find('vm-interface', bodies, rows);
    expect(asked.map(({ values }) => values)).toEqual([[7]]);
    expect(found).toEqual([20, null, 22]);
  });

  it('does not ask for an empty value', async () => {
    const { asked } = await find('backup', [{ volume_id: '', virtual_machine: 7 }, { volume_id: 'a' }, {}]);
    expect(asked.map(({ values }) => values)).toEqual([['a']]);
  });

  it('takes an empty value of NetBox for the empty one of the object', async () => {
    const row = { id: 1, vid: 50, site: { id: 4 }, tenant: null };
    expect((await find('vlan', [{ vid: 50, site: 4 }], [row])).found).toEqual([1]);
  });
});

describe('a row that is somebody else’s', () => {
  const device = { name: 'pve1', site: 4, cluster: 5 };
  const machine = { name: 'web', cluster: 5, tags: [1, 2] };

  it.each<[string, unknown, boolean]>([
    ['in the same cluster is taken', { id: 5 }, true],
    ['in no cluster is taken', null, true],
    ['in another cluster is not', { id: 6 }, false],
  ])('is a device of the name in the site: one %s', async (_where, cluster, taken) => {
    const row = { ...rendered('device', 1, device), cluster };
    expect((await find('device', [device], [row])).found).toEqual([taken ? 1 : null]);
  });

  it.each<[string, readonly number[], boolean]>([
    ['with one of our tags is taken', [77, 2], true],
    ['with another tag is not', [77], false],
    ['without a tag is not', [], false],
  ])('is a machine of the name in the cluster: one %s', async (_which, tags, taken) => {
    const row = rendered('virtual-machine', 1, { ...machine, tags });
    expect((await find('virtual-machine', [machine], [row])).found).toEqual([taken ? 1 : null]);
  });

  it('is never a machine when we give none of our tags', async () => {
    const row = rendered('virtual-machine', 1, machine);
    expect((await find('virtual-machine', [{ ...machine, tags: [] }], [row])).found).toEqual([null]);
  });
});

/** Kinds of which NetBox keeps names unique without regard to case. */
const inAnyCase = ['device', 'virtual-machine'];
const named = cases.filter(([, body]) => 'name' in body);

describe('the same name in another case', () => {
  it.each(named)('is that of the same object for machines and devices alone: %s', async (kind, body) => {
    const upper = { ...body, name: String(body.name).toUpperCase() };
    const isSame = inAnyCase.includes(kind);
    const { found } = await find(kind, [body], [rendered(kind, 1, upper)]);
    expect(found).toEqual([isSame ? 1 : null]);
    expect(creationKey(kind, 'first', upper) === creationKey(kind, 'second', body)).toBe(isSame);
  });
});

describe('the line that tells objects of one kind apart', () => {
  it.each(cases)('is the same for two plans of one %s', (kind, body) => {
    expect(creationKey(kind, 'first', body)).toBe(creationKey(kind, 'second', body));
  });

  it.each(byField)('is another for a %s with another %s', (kind, field, body) => {
    expect(creationKey(kind, 'k', { ...body, [field]: other(body[field]) })).not.toBe(creationKey(kind, 'k', body));
  });

  it.each(byField)('is the key of the plan for a %s whose %s is empty', (kind, field, body) => {
    expect(creationKey(kind, 'the plan says', { ...body, [field]: null })).toBe('the plan says');
    const { [field]: gone, ...rest } = body;
    expect(gone).toBeDefined();
    expect(creationKey(kind, 'the plan says', rest)).toBe('the plan says');
  });

  it('is the key of the plan for kinds that are never looked up', () => {
    expect(creationKey('journal-entry', 'the plan says', { assigned_object_id: 5 })).toBe('the plan says');
  });
});
