/** What an operator does in NetBox, as a table of kinds. */
import { ApiFailure, Dependents, FieldProblem, IntegrityError, Invalid } from '../simulator/netbox/failures.js';
import type { NetBoxSimulator } from '../simulator/netbox/index.js';
import type { Kept, Row, Values } from './kept.js';
import { paths } from './paths.js';

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

/** Numbers choose among what there is, modulo how much that is. */
export interface Edit {
  readonly what: keyof typeof edits;
  readonly target: number;
}

/** What is to stay: nothing where there is nothing that could be edited so, or NetBox refuses it. */
export function applyEdit(netbox: NetBoxSimulator, { what, target }: Edit, prepared: Prepared): readonly Kept[] {
  return [asFarAsItGoes(() => edits[what](deskOf(netbox, target, prepared))) ?? []].flat();
}

type Fits = (row: Row) => boolean;

/** What an operator does with one row; null as for `applyEdit`. */
function deskOf(netbox: NetBoxSimulator, target: number, prepared: Prepared) {
  const { operator, state } = netbox;
  const pick = (path: string, fits: Fits = () => true): Row | undefined => {
    const rows = sorted(netbox, path).filter(fits);
    return rows[target % Math.max(1, rows.length)];
  };
  const update = (path: string, { id }: Row, values: Values): Kept => {
    operator.update(path, id, values);
    return { path, id, values };
  };
  const create = (path: string, values: Values): Kept => ({ path, id: operator.create(path, values).id, values });
  return {
    ...prepared,
    operator,
    state,
    target,
    pick,
    create,
    update,
    change: (path: string, values: Values, fits?: Fits): Kept | null => {
      const row = pick(path, fits);
      return row === undefined ? null : update(path, row, values);
    },
    addTag: (path: string, fits?: Fits): Kept | null => {
      const row = pick(path, fits);
      if (row === undefined) return null;
      operator.update(path, row.id, { tags: [...(row['tags'] as number[]), prepared.tag] });
      return { path, id: row.id, values: {}, tag: prepared.tag };
    },
    remove: (path: string, fits?: Fits): null => {
      const row = pick(path, fits);
      if (row !== undefined) operator.remove(path, row.id);
      return null;
    },
    /** Into the journals of every other row, so that what goes is often one of them: NetBox deletes an entry along with its row. */
    write: (path: string, model: string): readonly Kept[] =>
      sorted(netbox, path)
        .filter((row, index) => isOurs(row) && (index + target) % 2 === 0)
        .map(({ id }) => {
          const of = { assigned_object_type: model, assigned_object_id: id };
          return create(paths.journal, { ...of, comments: `Ask Ann about number ${target}.` });
        }),
  };
}

type Desk = ReturnType<typeof deskOf>;

const isOurs: Fits = (row) => !String(row['name']).startsWith('by-hand') && row['cluster'] !== null;

const ofMachines: Fits = (row) => row['assigned_object_type'] === 'virtualization.vminterface';

/** Which of several becomes the primary one depends on which could be written first: none goes that is, beside others. */
function isReplaceable({ state }: Desk): Fits {
  const portOf = (row: Row) => state.find(paths.interfaces, ({ id }) => id === row['assigned_object_id']);
  const others = (row: Row) =>
    state
      .objects(paths.addresses)
      .filter((one) => one !== row && ofMachines(one))
      .map((one) => portOf(one)?.['virtual_machine']);
  return (row) =>
    !ofMachines(row) ||
    !state
      .objects(paths.machines)
      .some((machine) => machine['primary_ip4'] === row.id && others(row).includes(machine.id));
}

/** Tags of a machine that say that a sync found its guest. */
const discoveries: readonly unknown[] = ['proxbox-discovered-qemu', 'proxbox-discovered-lxc'];

function takeTagOff({ state, operator, pick }: Desk): Kept | null {
  const discovery = state.objects('extras/tags').filter(({ slug }) => discoveries.includes(slug));
  const tagOf = (row: Row) => discovery.find(({ id }) => (row['tags'] as number[]).includes(id))?.id;
  const machine = pick(paths.machines, (row) => tagOf(row) !== undefined);
  const without = machine === undefined ? undefined : tagOf(machine);
  if (machine === undefined || without === undefined) return null;
  operator.update(paths.machines, machine.id, { tags: (machine['tags'] as number[]).filter((id) => id !== without) });
  return { path: paths.machines, id: machine.id, values: {}, without };
}

/** NetBox lets no address go that is a primary one. */
function assignAddress({ state, operator }: Desk, address: Row, to: number, more: Values = {}): Kept {
  const machine = state.find(paths.machines, (row) => row['primary_ip4'] === address.id);
  if (machine !== undefined) operator.update(paths.machines, machine.id, { primary_ip4: null });
  const values = { assigned_object_type: 'virtualization.vminterface', assigned_object_id: to, ...more };
  operator.update(paths.addresses, address.id, values);
  return { path: paths.addresses, id: address.id, values };
}

/** To an interface that no guest stands for: it is the operator's. */
function giveAway(desk: Desk): Kept | null {
  const address = desk.pick(paths.addresses, ofMachines);
  const port = address === undefined ? undefined : foreignPort(desk);
  return address === undefined || port === undefined ? null : assignAddress(desk, address, port);
}

/** To an interface whose guest says that it has it not. */
function misplace(desk: Desk, more: Values): Kept | null {
  const isReplaceableHere = isReplaceable(desk);
  // One that was given away before is the operator's: who moves it again has changed his mind, and nothing of it was lost.
  const foreign = new Set(
    desk.state.objects(paths.interfaces).flatMap((row) => (row['name'] === 'lan0' ? [row.id] : [])),
  );
  const isGivenAway: Fits = (row) => foreign.has(Number(row['assigned_object_id']));
  const address = desk.pick(paths.addresses, (row) => ofMachines(row) && isReplaceableHere(row) && !isGivenAway(row));
  const port = desk.pick(paths.interfaces, ({ id }) => id !== address?.['assigned_object_id']);
  return address === undefined || port === undefined ? null : assignAddress(desk, address, port.id, more);
}

/** An interface of a machine that no sync knows. */
function foreignPort({ pick, create, target }: Desk): number | undefined {
  const cluster = pick(paths.clusters);
  if (cluster === undefined) return undefined;
  const machine = create(paths.machines, { name: `by-hand-port-${target}`, cluster: cluster.id });
  return create(paths.interfaces, { virtual_machine: machine.id, name: 'lan0' }).id;
}

/** One of two or more that a machine has; it is over when the machine has that one no more. */
function choosePrimary({ state, pick, update }: Desk): Kept | null {
  const machineOf = (row: Row) =>
    ofMachines(row)
      ? state.find(paths.interfaces, ({ id }) => id === row['assigned_object_id'])?.['virtual_machine']
      : undefined;
  const isOther = (row: Row): boolean => {
    const machine = state.find(paths.machines, ({ id }) => id === machineOf(row));
    return machine !== undefined && machine['primary_ip4'] !== row.id;
  };
  const address = pick(paths.addresses, isOther);
  const machine = address && state.find(paths.machines, ({ id }) => id === machineOf(address));
  if (address === undefined || machine === undefined) return null;
  const isOver: Kept['isOver'] = (now) => {
    const row = now.find(paths.addresses, ({ id }) => id === address.id);
    const port = now.find(paths.interfaces, ({ id }) => id === row?.['assigned_object_id']);
    return port?.['virtual_machine'] !== machine.id;
  };
  return { ...update(paths.machines, machine, { primary_ip4: address.id }), isOver };
}

/** Devices have to be where their cluster is, so they leave it for the move. */
function moveCluster({ state, operator, pick, update, target }: Desk): Kept | null {
  const cluster = pick(paths.clusters);
  if (cluster === undefined) return null;
  const site = operator.create('dcim/sites', { name: `Berlin ${target}`, slug: `berlin-${target}` }).id;
  const devices = state.objects(paths.devices).filter((row) => row['cluster'] === cluster.id);
  for (const { id } of devices) operator.update(paths.devices, id, { cluster: null, site });
  const moved = update(paths.clusters, cluster, { scope_type: 'dcim.site', scope_id: site });
  for (const { id } of devices) operator.update(paths.devices, id, { cluster: cluster.id });
  return moved;
}

const edits = {
  'machine-texts': ({ change }) =>
    change(paths.machines, { description: 'The shop. Ask Ann.', comments: 'Rack 7' }, isOurs),
  'machine-tenant': ({ change, tenant }) => change(paths.machines, { tenant }, isOurs),
  'machine-status': ({ change }) => change(paths.machines, { status: 'decommissioning' }, isOurs),
  'machine-tag': ({ addTag }) => addTag(paths.machines, isOurs),
  'machine-field': ({ change }) => change(paths.machines, { custom_fields: { owner: 'Ann' } }, isOurs),
  'machine-name': ({ change, target }) => change(paths.machines, { name: `shop-${target}` }, isOurs),
  'machine-untagged': takeTagOff,
  'machine-primary': choosePrimary,
  'device-texts': ({ change }) => change(paths.devices, { description: 'In the cellar', comments: 'Ask Bob' }),
  'interface-text': ({ change }) => change(paths.interfaces, { description: 'Uplink' }),
  'interface-vlan': ({ operator, change, target }) => {
    const vlan = operator.create('ipam/vlans', { vid: 100 + target, name: `Office ${target}` }).id;
    return change(paths.interfaces, { mode: 'access', untagged_vlan: vlan });
  },
  'address-texts': ({ change, tenant }) => change(paths.addresses, { description: 'Printed on the door', tenant }),
  'address-role': ({ change }) => change(paths.addresses, { role: 'vip' }),
  'address-given-away': giveAway,
  /** It goes to the guest that has it, like any that vanishes here and appears there, and without our tag it never goes altogether. */
  'address-taken-over': (desk) => {
    const taken = misplace(desk, { tags: [] });
    return taken && { ...taken, values: {} };
  },
  /** It goes back. Without a name: that of another guest would be taken for the operator's. */
  'address-misplaced': (desk) => {
    misplace(desk, { dns_name: '' });
    return null;
  },
  'mac-text': ({ change }) => change(paths.macs, { description: 'Allowed at the door' }),
  'disk-text': ({ change }) => change(paths.disks, { description: 'The archive' }),
  'snapshot-tag': ({ addTag }) => addTag(paths.snapshots),
  'backup-tag': ({ addTag }) => addTag(paths.backups),
  'cluster-name': ({ change, target }) => change(paths.clusters, { name: `Hall ${target}` }),
  'cluster-site': moveCluster,
  'machine-journal': ({ write }) => write(paths.machines, 'virtualization.virtualmachine'),
  'interface-journal': ({ write }) => write(paths.interfaces, 'virtualization.vminterface'),
  'disk-journal': ({ write }) => write(paths.disks, 'virtualization.virtualdisk'),
  'address-journal': ({ write }) => write(paths.addresses, 'ipam.ipaddress'),
  'mac-journal': ({ write }) => write(paths.macs, 'dcim.macaddress'),
  'device-journal': ({ write }) => write(paths.devices, 'dcim.device'),
  'snapshot-journal': ({ write }) => write(paths.snapshots, 'netbox_proxbox.vmsnapshot'),
  'backup-journal': ({ write }) => write(paths.backups, 'netbox_proxbox.vmbackup'),
  // The plugin's key of a snapshot lacks the cluster: of two guests with one VMID the one that was first has the rows.
  'machine-deleted': ({ remove, state }) =>
    remove(
      paths.machines,
      (row) => isOurs(row) && !state.objects(paths.snapshots).some((one) => one['virtual_machine'] === row.id),
    ),
  'interface-deleted': ({ remove }) => remove(paths.interfaces),
  'disk-deleted': ({ remove }) => remove(paths.disks),
  'address-deleted': (desk) => desk.remove(paths.addresses, isReplaceable(desk)),
  'mac-deleted': ({ remove }) => remove(paths.macs),
  'sidecar-deleted': ({ remove }) => remove(paths.states),
  'foreign-machine': ({ pick, create, target }) => {
    const cluster = pick(paths.clusters);
    return cluster === undefined ? null : create(paths.machines, { name: `by-hand-${target}`, cluster: cluster.id });
  },
  'foreign-address': ({ create, target }) =>
    create(paths.addresses, { address: `172.16.0.${target + 1}/24`, description: 'Booked' }),
  'foreign-interface': ({ pick, create, state, target }) => {
    const machine = pick(paths.machines, isOurs);
    if (machine === undefined) return null;
    const name = `tunnel${target}`;
    const exists = state.find(paths.interfaces, (row) => row['virtual_machine'] === machine.id && row['name'] === name);
    return exists === undefined ? create(paths.interfaces, { virtual_machine: machine.id, name }) : null;
  },
} satisfies Record<string, (desk: Desk) => Kept | readonly Kept[] | null>;

export const editKinds = Object.keys(edits) as (keyof typeof edits)[];

const displacing: readonly string[] = ['address-given-away', 'address-taken-over', 'address-misplaced'];

/**
 * Edits after which the next run has to put something right: what it finds then depends on what has happened since. After a move
 * to another site that is the VLAN of each interface, those of nodes as well.
 */
export function leavesWork({ what }: Edit): 'nothing' | 'at guests' | 'at guests and nodes' {
  if (what === 'cluster-site') return 'at guests and nodes';
  return what.endsWith('-deleted') || displacing.includes(what) ? 'at guests' : 'nothing';
}
