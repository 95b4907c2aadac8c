/**
 * Which stored row an address of an interface is: one implementation for nodes and guests. A row that another object has
 * is never touched; one that its interface has let go moves. Pure, but for the memory of what was given away already.
 */
import { nameList } from '../../values/short-text.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import { byAge, canonicalAddress } from '../../netbox/kinds/values.js';
import type { ObjectKey, Reason } from '../types.js';

export type InterfaceType = 'dcim.interface' | 'virtualization.vminterface';

/** The interface that has the address. */
export interface AddressHolder {
  readonly type: InterfaceType;
  /** undefined: the interface does not exist yet, so no row can be its own. */
  readonly id: number | undefined;
  /** For sentences: `"net0" of "web"`. Unique within the run together with the type. */
  readonly label: string;
  /** The address in the plan: another interface that has it too is written after it. */
  readonly planned?: ObjectKey;
  /** What the guest is called in Proxmox: a machine of this name that nobody knows may be the guest. */
  readonly guestName?: string;
}

export type Ownership =
  /** Assigned to this very interface. Its mask may be another one than the wanted. */
  | { readonly action: 'reuse'; readonly record: RecordOf<'ip-address'> }
  /** Assigned to nothing: the assignment is written. */
  | { readonly action: 'adopt'; readonly record: RecordOf<'ip-address'> }
  /** Its interface has it no more: it moves, with everything that stands on it. */
  | { readonly action: 'move'; readonly record: RecordOf<'ip-address'> }
  /**
   * No row that could be used. `ifDuplicate` is there when others have the address: NetBox may keep addresses unique or
   * not, and only an attempt tells; goes into `Desired.ifDuplicate`. `after`: another interface of this run takes the
   * address, and two rows in one request would both be saved, whatever NetBox enforces; goes into `Desired.after`.
   */
  | { readonly action: 'create'; readonly ifDuplicate?: Reason; readonly after?: ObjectKey }
  /** Not to be written now: NetBox refused it lately because of the same owner. */
  | { readonly action: 'conflict'; readonly reason: Reason };

/**
 * Roles of addresses that several machines have in turn, or at once. Such a row is where one of them has it, goes to one that
 * has it when that one has it no more, and is never doubled.
 */
const sharedRoles: ReadonlySet<string> = new Set(['anycast', 'vip', 'vrrp', 'hsrp', 'glbp', 'carp']);

export function isShared({ role }: RecordOf<'ip-address'>): boolean {
  return sharedRoles.has(role ?? '');
}

/** What is known besides the rows. */
export interface OwnershipFacts {
  /** Ids of rows whose interface proves not to have them any more. */
  readonly letGo?: ReadonlySet<number>;
  /** Sentences of earlier refusals (`Collections.refusals`), which are not tried again. */
  readonly refused?: Pick<ReadonlySet<string>, 'has'>;
}

/**
 * The stored addresses, and who of this run takes which. Rows are needed with `address`, `assigned_object_type`,
 * `assigned_object_id`, `assigned_object`, `role` and `vrf`. Ask once for every address and interface, in a fixed order.
 */
export class AddressOwnership {
  readonly #rows = new Map<string, RecordOf<'ip-address'>[]>();
  readonly #takenRows = new Set<number>();
  /** By host: who gets a new, moved or adopted row. */
  readonly #takenHosts = new Map<string, AddressHolder>();
  /** By host: who has a row. */
  readonly #settledHosts = new Map<string, AddressHolder>();

  readonly #letGo: ReadonlySet<number>;
  readonly #refused: Pick<ReadonlySet<string>, 'has'>;

  constructor(rows: readonly RecordOf<'ip-address'>[], { letGo, refused }: OwnershipFacts = {}) {
    this.#letGo = letGo ?? new Set();
    this.#refused = refused ?? new Set();
    for (const row of [...rows].sort(byAge)) {
      const host = hostOf(row.address);
      this.#rows.set(host, [...(this.#rows.get(host) ?? []), row]);
    }
  }

  /** What to do for `address` (with prefix, any spelling) on an interface. */
  decide(address: string, holder: AddressHolder): Ownership {
    const host = hostOf(address);
    const rows = exactFirst(this.#rows.get(host) ?? [], address);
    const left = rows.filter((row) => !this.#takenRows.has(row.id));
    const own = left.find((row) => isAssignedTo(row, holder));
    if (own !== undefined) {
      if (!this.#settledHosts.has(host)) this.#settledHosts.set(host, holder);
      return { action: 'reuse', record: this.#take(own) };
    }
    const other = this.#takenHosts.get(host);
    if (other !== undefined) return this.#second(claimed(address, holder, other), other, rows.some(isShared));
    const moving = left.find((row) => this.#letGo.has(row.id));
    if (moving !== undefined) return { action: 'move', record: this.#give(moving, host, holder) };
    const free = adoptable(left.filter(isUnassigned), address);
    if (free !== undefined) return { action: 'adopt', record: this.#give(free, host, holder) };
    return this.#createFor(address, holder, rows);
  }

  /** A row of its own, where nobody's can be had. */
  #createFor(address: string, holder: AddressHolder, rows: readonly RecordOf<'ip-address'>[]): Ownership {
    const shared = rows.find((row) => isShared(row) && row.assigned_object_id !== null);
    if (shared !== undefined) return { action: 'conflict', reason: sharedWith(address, holder, shared) };
    const reason = rows.length === 0 ? undefined : owned(address, holder, rows);
    if (reason !== undefined && this.#wasRefused(reason, address, holder)) return { action: 'conflict', reason };
    this.#takenHosts.set(hostOf(address), holder);
    return reason === undefined ? { action: 'create' } : { action: 'create', ifDuplicate: reason };
  }

  /** Now, or when the one who has it got it. */
  #wasRefused(reason: Reason, address: string, holder: AddressHolder): boolean {
    const settled = this.#settledHosts.get(hostOf(address));
    const before = settled === undefined ? reason : claimed(address, holder, settled);
    return this.#refused.has(reason.message) || this.#refused.has(before.message);
  }

  #give(row: RecordOf<'ip-address'>, host: string, holder: AddressHolder): RecordOf<'ip-address'> {
    this.#takenHosts.set(host, holder);
    return this.#take(row);
  }

  #second(reason: Reason, { planned: after }: AddressHolder, isOfSharedRole: boolean): Ownership {
    return isOfSharedRole || after === undefined || this.#refused.has(reason.message)
      ? { action: 'conflict', reason }
      : { action: 'create', ifDuplicate: reason, after };
  }

  /** Whether an interface of this run takes the row, or has it. */
  isTaken({ id }: RecordOf<'ip-address'>): boolean {
    return this.#takenRows.has(id);
  }

  #take(row: RecordOf<'ip-address'>): RecordOf<'ip-address'> {
    this.#takenRows.add(row.id);
    return row;
  }
}

/** The address without its prefix: NetBox keeps hosts unique, whatever their masks. */
export function hostOf(address: string): string {
  return canonicalAddress(address.split('/', 1)[0] ?? '');
}

/** Of an address, with or without its prefix. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** An address of a machine, without its mask, by which it is looked up. */
export function hostOn(machine: number, address: string): string {
  return `${machine} ${hostOf(address)}`;
}

function exactFirst(rows: readonly RecordOf<'ip-address'>[], address: string): readonly RecordOf<'ip-address'>[] {
  const exact = (row: RecordOf<'ip-address'>): number => Number(hasAddress(row, address));
  return [...rows].sort((a, b) => exact(b) - exact(a));
}

function hasAddress(row: RecordOf<'ip-address'>, address: string): boolean {
  return row.address === canonicalAddress(address);
}

function isAssignedTo(row: RecordOf<'ip-address'>, { type, id }: AddressHolder): boolean {
  return id !== undefined && row.assigned_object_id === id && row.assigned_object_type === type;
}

function isUnassigned(row: RecordOf<'ip-address'>): boolean {
  return row.assigned_object_id === null && !isShared(row);
}

/** With this mask before any other, in the global table before a VRF; none where several are equally good. */
function adoptable(rows: readonly RecordOf<'ip-address'>[], address: string): RecordOf<'ip-address'> | undefined {
  const exact = rows.filter((row) => hasAddress(row, address));
  const candidates = exact.length > 0 ? exact : rows;
  const global = candidates.filter((row) => row.vrf === null);
  const best = global.length > 0 ? global : candidates;
  return best.length === 1 ? best[0] : undefined;
}

function claimed(address: string, holder: AddressHolder, { label: other }: AddressHolder): Reason {
  return {
    code: 'ip_conflict',
    message: `${address} of ${holder.label} was not written: ${other} has the same address, and NetBox keeps addresses unique. Give one of them another address in Proxmox.`,
  };
}

function sharedWith(address: string, holder: AddressHolder, row: RecordOf<'ip-address'>): Reason {
  return {
    code: 'address_shared',
    message: `${address} of ${holder.label} was not written: in NetBox ${row.address} (id ${row.id}) is ${row.role ?? ''}, ${ownerOf(row)}, and stays there as long as that one has it as well.`,
  };
}

function owned(address: string, holder: AddressHolder, rows: readonly RecordOf<'ip-address'>[]): Reason {
  const held = rows.map((row) => `${row.address} (id ${row.id}), ${placeOf(row)}${ownerOf(row)}`);
  const owners = nameList(held, { separator: '; ' });
  const namesake = rows.map(machineOf).find((name) => name !== '' && name === holder.guestName?.toLowerCase());
  const hint =
    namesake === undefined
      ? ''
      : ` If "${holder.guestName ?? ''}" in NetBox is this guest, give it the tag Proxbox and sync again: then it is adopted.`;
  return {
    code: 'ip_conflict',
    message: `${address} of ${holder.label} was not written: NetBox keeps addresses unique and has ${owners}. Unassign or delete that one if ${holder.label} is right.${hint}`,
  };
}

/** Where it is kept apart from others. The sentence is what is remembered of a refusal, so it tells whatever decides that. */
function placeOf({ vrf }: RecordOf<'ip-address'>): string {
  return vrf === null ? '' : `in the VRF with the id ${vrf}, `;
}

/** The name of the virtual machine that has a row, in small letters; "" where it is none. */
function machineOf({ assigned_object: object }: RecordOf<'ip-address'>): string {
  return object?.virtual_machine?.name.toLowerCase() ?? '';
}

/** `assigned to "eth0" of "web"`, as far as NetBox says it. */
function ownerOf(row: RecordOf<'ip-address'>): string {
  const id = row.assigned_object_id;
  if (id === null) {
    const role = row.role;
    return role === null ? 'assigned to nothing' : `shared as ${role}`;
  }
  const { name = '', device, virtual_machine: machine, group } = row.assigned_object ?? {};
  if (name === '') return `assigned to ${row.assigned_object_type ?? 'object'} ${id}`;
  const parent = (device ?? machine ?? group)?.name ?? '';
  return parent === '' ? `assigned to "${name}"` : `assigned to "${name}" of "${parent}"`;
}
