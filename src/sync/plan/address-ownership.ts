/**
 * Which stored row an address of an interface is: one implementation for nodes and guests. A row that belongs to another
 * object is never touched. Pure, but for the memory of what was given away already.
 */
import {
  canonicalAddress,
  choiceValue,
  contentType,
  isObject,
  relationId,
  textOf,
} from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { Reason } from '../types.js';

export type InterfaceType = 'dcim.interface' | 'virtualization.vminterface';

/** The interface that has the address. */
export interface AddressHolder {
  readonly type: InterfaceType;
  /** undefined: the interface does not exist yet, so no row can be its own. */
  readonly id: number | undefined;
  /** For sentences: `"net0" of "web"`. Unique within the run together with the type. */
  readonly label: string;
}

export type Ownership =
  /** Assigned to this very interface. Its mask may be another one than the wanted. */
  | { readonly action: 'reuse'; readonly record: NetBoxRecord }
  /** Assigned to nothing: the assignment is written. */
  | { readonly action: 'adopt'; readonly record: NetBoxRecord }
  /**
   * No row that could be used. `ifDuplicate` is there when others have the address: NetBox may keep addresses unique or
   * not, and only an attempt tells; goes into `Desired.ifDuplicate`.
   */
  | { readonly action: 'create'; readonly ifDuplicate?: Reason }
  /**
   * Not to be written now. Either another interface of this run takes the address: two rows in one request would both be
   * saved, whatever NetBox enforces, so the second one waits until the next run sees who has it. Or NetBox refused it
   * lately because of the same owner.
   */
  | { readonly action: 'conflict'; readonly reason: Reason };

/** Roles of addresses that move between machines: such a row is of no single interface. */
const sharedRoles: ReadonlySet<string> = new Set(['anycast', 'vip', 'vrrp', 'hsrp', 'glbp', 'carp']);

/**
 * The stored addresses, and who of this run takes which. Rows are needed with `address`, `assigned_object_type`,
 * `assigned_object_id`, `assigned_object`, `role` and `vrf`. Ask once for every address and interface, in a fixed order.
 */
export class AddressOwnership {
  readonly #rows = new Map<string, NetBoxRecord[]>();
  readonly #takenRows = new Set<number>();
  /** By host: who gets a new or adopted row. */
  readonly #takenHosts = new Map<string, string>();

  readonly #refused: ReadonlySet<string>;

  /** `refused`: sentences of earlier refusals (`Collections.refusals`), which are not tried again. */
  constructor(rows: readonly NetBoxRecord[], refused: ReadonlySet<string> = new Set()) {
    this.#refused = refused;
    for (const row of [...rows].sort((a, b) => a.id - b.id)) {
      const host = hostOf(textOf(row['address']));
      this.#rows.set(host, [...(this.#rows.get(host) ?? []), row]);
    }
  }

  /** What to do for `address` (with prefix, any spelling) on an interface. */
  decide(address: string, holder: AddressHolder): Ownership {
    const host = hostOf(address);
    const rows = exactFirst(this.#rows.get(host) ?? [], address);
    const left = rows.filter((row) => !this.#takenRows.has(row.id));
    const own = left.find((row) => isAssignedTo(row, holder));
    if (own !== undefined) return { action: 'reuse', record: this.#take(own) };
    const other = this.#takenHosts.get(host);
    if (other !== undefined) return { action: 'conflict', reason: claimed(address, holder, other) };
    this.#takenHosts.set(host, holder.label);
    const free = adoptable(left.filter(isUnassigned), address);
    if (free !== undefined) return { action: 'adopt', record: this.#take(free) };
    if (rows.length === 0) return { action: 'create' };
    const reason = owned(address, holder, rows);
    return this.#refused.has(reason.message)
      ? { action: 'conflict', reason }
      : { action: 'create', ifDuplicate: reason };
  }

  #take(row: NetBoxRecord): NetBoxRecord {
    this.#takenRows.add(row.id);
    return row;
  }
}

/** The address without its prefix: NetBox keeps hosts unique, whatever their masks. */
export function hostOf(address: string): string {
  return canonicalAddress(address.split('/', 1)[0] ?? '');
}

function exactFirst(rows: readonly NetBoxRecord[], address: string): readonly NetBoxRecord[] {
  const exact = (row: NetBoxRecord): number => Number(hasAddress(row, address));
  return [...rows].sort((a, b) => exact(b) - exact(a));
}

function hasAddress(row: NetBoxRecord, address: string): boolean {
  return canonicalAddress(textOf(row['address'])) === canonicalAddress(address);
}

function isAssignedTo(row: NetBoxRecord, { type, id }: AddressHolder): boolean {
  return (
    id !== undefined &&
    relationId(row['assigned_object_id']) === id &&
    contentType(row['assigned_object_type']) === type
  );
}

function isUnassigned(row: NetBoxRecord): boolean {
  return relationId(row['assigned_object_id']) === null && !sharedRoles.has(choiceValue(row['role']) ?? '');
}

/** With this mask before any other, in the global table before a VRF; none where several are equally good. */
function adoptable(rows: readonly NetBoxRecord[], address: string): NetBoxRecord | undefined {
  const exact = rows.filter((row) => hasAddress(row, address));
  const candidates = exact.length > 0 ? exact : rows;
  const global = candidates.filter((row) => relationId(row['vrf']) === null);
  const best = global.length > 0 ? global : candidates;
  return best.length === 1 ? best[0] : undefined;
}

function claimed(address: string, holder: AddressHolder, other: string): Reason {
  return {
    code: 'ip_conflict',
    message: `${address} of ${holder.label} was not written: ${other} has the same address. Give one of them another address in Proxmox, or sync again if both are right.`,
  };
}

function owned(address: string, holder: AddressHolder, rows: readonly NetBoxRecord[]): Reason {
  const owners = rows.map((row) => `${textOf(row['address'])} (id ${row.id}), ${ownerOf(row)}`).join('; ');
  return {
    code: 'ip_conflict',
    message: `${address} of ${holder.label} was not written: NetBox keeps addresses unique and has ${owners}. Unassign or delete that one if ${holder.label} is right.`,
  };
}

/** `assigned to "eth0" of "web"`, as far as NetBox says it. */
function ownerOf(row: NetBoxRecord): string {
  const id = relationId(row['assigned_object_id']);
  if (id === null) {
    const role = choiceValue(row['role']);
    return role === null ? 'assigned to nothing' : `shared as ${role}`;
  }
  const object = isObject(row['assigned_object']) ? row['assigned_object'] : {};
  const parent = ['device', 'virtual_machine', 'group'].map((field) => object[field]).find(isObject);
  const name = textOf(object['name'] ?? object['display']);
  if (name === '') return `assigned to ${contentType(row['assigned_object_type']) ?? 'object'} ${id}`;
  const parentName = textOf(parent?.['name'] ?? parent?.['display']);
  return parentName === '' ? `assigned to "${name}"` : `assigned to "${name}" of "${parentName}"`;
}
