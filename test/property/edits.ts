/** What an operator does in NetBox, and that it is still so. */
import { ApiFailure, Dependents, FieldProblem, IntegrityError, Invalid } from '../simulator/netbox/failures.js';
import type { NetBoxSimulator } from '../simulator/netbox/index.js';
import type { Edit } from './scenario.js';

type Row = ReturnType<NetBoxSimulator['state']['objects']>[number];
type Values = Readonly<Record<string, unknown>>;

export const paths = {
  machines: 'virtualization/virtual-machines',
  interfaces: 'virtualization/interfaces',
  disks: 'virtualization/virtual-disks',
  addresses: 'ipam/ip-addresses',
  devices: 'dcim/devices',
  states: 'plugins/proxbox/sync-state/virtual-machines',
  snapshots: 'plugins/proxbox/snapshots',
  backups: 'plugins/proxbox/backups',
  macs: 'dcim/mac-addresses',
} as const;

const clusters = 'virtualization/clusters';

/** Values that are the operator's from now on. */
export interface Kept {
  readonly path: string;
  readonly id: number;
  readonly values: Values;
  /** Id of a tag that stays on it. */
  readonly tag?: number;
}

/** What the edits need to be there; once per NetBox. */
export function prepareOperator({ operator }: NetBoxSimulator): { readonly tag: number; readonly tenant: number } {
  operator.create('extras/custom-fields', {
    name: 'owner',
    type: 'text',
    object_types: ['virtualization.virtualmachine'],
  });
  const tag = operator.create('extras/tags', { name: 'Mine', slug: 'mine', color: '00ff00' }).id;
  return { tag, tenant: operator.create('tenancy/tenants', { name: 'Acme', slug: 'acme' }).id };
}

type Prepared = ReturnType<typeof prepareOperator>;

/** The rows of a table in an order that does not depend on ids. */
function sorted(netbox: NetBoxSimulator, path: string): readonly Row[] {
  const { state } = netbox;
  const machineName = (row: Row): string => {
    const machine = state
      .objects(paths.machines)
      .find(({ id }) => id === (row['virtual_machine'] ?? row['assigned_object_id']));
    return `${String(machine?.['cluster'])}/${String(machine?.['name'])}`;
  };
  const keyOf = (row: Row): string =>
    [row['cluster'], row['name'], row['address'], row['mac_address'], row['volume_id'], machineName(row)]
      .map(String)
      .join(' ');
  return state.objects(path).toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

const refusals = [ApiFailure, Invalid, FieldProblem, Dependents, IntegrityError];

/** NetBox keeps what others hang on, and refuses names and addresses that are taken: the operator as well. null: it refused. */
export function asFarAsItGoes<Done>(act: () => Done): Done | null {
  try {
    return act();
  } catch (error) {
    if (!refusals.some((refusal) => error instanceof refusal)) throw error;
    return null;
  }
}

/** null where there is nothing that could be edited so, or NetBox refuses it. */
export function applyEdit(netbox: NetBoxSimulator, edit: Edit, prepared: Prepared): Kept | null {
  return asFarAsItGoes(() => editOf(netbox, edit, prepared));
}

function editOf(netbox: NetBoxSimulator, { what, target }: Edit, { tag, tenant }: Prepared): Kept | null {
  const { operator } = netbox;
  const pick = (path: string, fits: (row: Row) => boolean = () => true): Row | undefined => {
    const rows = sorted(netbox, path).filter(fits);
    return rows[target % Math.max(1, rows.length)];
  };
  const change = (path: string, row: Row | undefined, values: Values): Kept | null => {
    if (row === undefined) return null;
    operator.update(path, row.id, values);
    return { path, id: row.id, values };
  };
  const addTag = (path: string, row: Row | undefined): Kept | null => {
    if (row === undefined) return null;
    operator.update(path, row.id, { tags: [...(row['tags'] as number[]), tag] });
    return { path, id: row.id, values: {}, tag };
  };
  const create = (path: string, values: Values): Kept => ({
    path,
    id: operator.create(path, values).id,
    values,
  });
  const isForeign = (row: Row): boolean => String(row['name']).startsWith('by-hand');
  const ours = (row: Row): boolean => !isForeign(row) && row['cluster'] !== null;
  switch (what) {
    case 'machine-texts':
      return change(paths.machines, pick(paths.machines, ours), {
        description: 'The shop. Ask Ann.',
        comments: 'Rack 7',
      });
    case 'machine-tenant':
      return change(paths.machines, pick(paths.machines, ours), { tenant });
    case 'machine-status':
      return change(paths.machines, pick(paths.machines, ours), { status: 'decommissioning' });
    case 'machine-tag':
      return addTag(paths.machines, pick(paths.machines, ours));
    case 'machine-field':
      return change(paths.machines, pick(paths.machines, ours), { custom_fields: { owner: 'Ann' } });
    case 'machine-name':
      return change(paths.machines, pick(paths.machines, ours), { name: `shop-${target}` });
    case 'device-texts':
      return change(paths.devices, pick(paths.devices), { description: 'In the cellar', comments: 'Ask Bob' });
    case 'interface-text':
      return change(paths.interfaces, pick(paths.interfaces), { description: 'Uplink' });
    case 'address-texts':
      return change(paths.addresses, pick(paths.addresses), { description: 'Printed on the door', tenant });
    case 'address-role':
      return change(paths.addresses, pick(paths.addresses), { role: 'vip' });
    case 'mac-text':
      return change(paths.macs, pick(paths.macs), { description: 'Allowed at the door' });
    case 'disk-text':
      return change(paths.disks, pick(paths.disks), { description: 'The archive' });
    case 'snapshot-tag':
      return addTag(paths.snapshots, pick(paths.snapshots));
    case 'backup-tag':
      return addTag(paths.backups, pick(paths.backups));
    case 'cluster-name':
      return change(clusters, pick(clusters), { name: `Hall ${target}` });
    case 'foreign-machine': {
      const cluster = pick(clusters);
      return cluster === undefined ? null : create(paths.machines, { name: `by-hand-${target}`, cluster: cluster.id });
    }
    case 'foreign-address':
      return create(paths.addresses, { address: `172.16.0.${target + 1}/24`, description: 'Booked' });
    case 'foreign-interface': {
      const machine = pick(paths.machines, ours);
      if (machine === undefined) return null;
      const name = `tunnel${target}`;
      const exists = netbox.state.find(
        paths.interfaces,
        (row) => row['virtual_machine'] === machine.id && row['name'] === name,
      );
      return exists === undefined ? create(paths.interfaces, { virtual_machine: machine.id, name }) : null;
    }
  }
}

/** Of an object, such as the custom fields, the operator set some keys. */
function holds(stored: unknown, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return stored === value;
  return Object.entries(value).every(([key, item]) => Object(stored)[key] === item);
}

/**
 * Sentences about what is not as the operator left it. A later edit of the same value counts. What carries operator data is
 * never removed, also where what it stands for is gone from Proxmox.
 */
export function lostEdits(netbox: NetBoxSimulator, kept: readonly Kept[]): string[] {
  return kept.flatMap(({ path, id, values, tag }, index) => {
    const row = netbox.state.find(path, (one) => one.id === id);
    if (row === undefined) return [`${path} ${id} is gone, with ${JSON.stringify(values)}`];
    const later = kept.slice(index + 1).filter((other) => other.path === path && other.id === id);
    const isLater = (field: string): boolean => later.some((other) => field in other.values);
    const lost = Object.entries(values).filter(([field, value]) => !isLater(field) && !holds(row[field], value));
    const untagged = tag !== undefined && !(row['tags'] as number[]).includes(tag) ? ['its tag'] : [];
    return [
      ...lost.map(
        ([field, value]) => `${path} ${id}: ${field} was ${JSON.stringify(value)}, is ${JSON.stringify(row[field])}`,
      ),
      ...untagged.map((text) => `${path} ${id} lost ${text}`),
    ];
  });
}
