/** What addresses that leave their interface take along and leave behind. Pure, but for the memory of one plan. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Ownership } from '../../plan/address-ownership.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { fieldsWith } from '../../plan/node-addresses.js';
import { isOurs } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import type { KnownGuest } from '../../plan/roster.js';
import { objectKey, type ObjectKey, type Reason, type SourceRef } from '../../types.js';
import { takenNote } from './map-journal.js';
import { namesOfGuest, type LetGo } from './map-let-go.js';
import type { AddressedGuest, CollectedAddresses } from './types.js';

/** What has a row as a primary address, by the kind that lets go of it. */
type Holder =
  | { readonly kind: 'released-primary'; readonly record: RecordOf<'virtual-machine'> }
  | { readonly kind: 'released-device-primary'; readonly record: RecordOf<'device'> };

interface NewPlace {
  /** Of the address in the plan. */
  readonly key: string;
  /** Of the interface, for people. */
  readonly label: string;
  readonly guest: KnownGuest;
}

const primaries = ['primary_ip4', 'primary_ip6'] as const;

/**
 * NetBox moves and unassigns no address that is the primary one of its machine (of a device, the out-of-band one), so that lets go of it first; rows of the
 * plugin that name the address at its old place go, because the plugin takes none that contradicts the assignment.
 */
export class Moves {
  readonly #letGo: ReadonlyMap<number, LetGo>;
  readonly #collected: CollectedAddresses;
  readonly #supportIds: KnownIds;
  /** Ids of rows that leave their machine. */
  readonly #leaving = new Set<number>();
  readonly #released = new Map<ObjectKey, { readonly holder: Holder; readonly fields: Record<string, null> }>();
  readonly #moved = new Map<number, { readonly key: string; readonly label: string; readonly source: SourceRef }>();
  readonly #keptLinks = new Set<number>();

  constructor(collected: CollectedAddresses, letGo: readonly LetGo[], supportIds: KnownIds) {
    this.#collected = collected;
    this.#letGo = new Map(letGo.map((one) => [one.row.id, one]));
    this.#supportIds = supportIds;
  }

  get leaving(): ReadonlySet<number> {
    return this.#leaving;
  }

  /** Rows of the plugin that are right as they are. */
  keepLinks(ids: readonly number[]): void {
    for (const id of ids) this.#keptLinks.add(id);
  }

  /** What must have been written before the row of a decision can come to a guest. */
  mustGoFirst(decision: Ownership, { virtualMachine }: KnownGuest): ObjectKey | undefined {
    if (decision.action !== 'move') return undefined;
    const holder = this.#holderOf(decision.record);
    return holder === undefined || isMachine(holder, virtualMachine) ? undefined : releaseKey(holder, decision.record);
  }

  /** DNS names that the guest of a row gave it; of one that moves, the last guest. */
  namesOf(decision: Ownership, to: AddressedGuest): ReadonlySet<string> {
    if (decision.action !== 'move') return namesOfGuest(to);
    const { record } = decision;
    const letGo = this.#letGo.get(record.id);
    if (letGo !== undefined) return namesOfGuest(letGo.of);
    return new Set([this.#collected.abandoned.get(record.id)?.name.toLowerCase() ?? '']);
  }

  /** A row comes to an interface; one that is not ours bears a note of it, by which it is told from an operator's choice. */
  taken(builder: PlanBuilder, decision: Ownership, { key, label, guest }: NewPlace): void {
    if (decision.action !== 'move' && decision.action !== 'adopt') return;
    const { record } = decision;
    if (!isOurs('ip-address', record, { supportIds: this.#supportIds }))
      builder.add(takenNote(key, label, guest.source), undefined);
    if (decision.action === 'adopt') return;
    this.#moved.set(record.id, { key, label: record.address, source: guest.source });
    const holder = this.#holderOf(record);
    if (holder === undefined || !isMachine(holder, guest.virtualMachine)) this.leaves(record);
  }

  /** The row leaves its machine. Returns what must have been written before. */
  leaves(row: RecordOf<'ip-address'>): ObjectKey | undefined {
    this.#leaving.add(row.id);
    const holder = this.#holderOf(row);
    const key = holder === undefined ? undefined : releaseKey(holder, row);
    if (holder === undefined || key === undefined) return undefined;
    const fields = heldAs(holder, row);
    const known = this.#released.get(key)?.fields ?? {};
    const released = Object.fromEntries(fields.map((field) => [field, null]));
    this.#released.set(key, { holder, fields: { ...known, ...released } });
    return key;
  }

  /** The row goes altogether: NetBox forgets by itself that it was a primary one. */
  goes(row: RecordOf<'ip-address'>): void {
    this.#leaving.add(row.id);
  }

  dropLinks(
    builder: PlanBuilder,
    row: RecordOf<'ip-address'>,
    subject: { readonly key: string; readonly label: string; readonly source: SourceRef; readonly reason: Reason },
  ): void {
    for (const link of this.#collected.guestAddresses) {
      if (link.ip_address !== row.id || this.#keptLinks.has(link.id)) continue;
      const { key, label, source, reason } = subject;
      const kind = 'guest-vm-interface-address';
      builder.remove({ kind, key: `${key}/link-${link.id}`, label, source, current: link }, reason);
    }
  }

  /** Once everything is decided. */
  plan(builder: PlanBuilder): void {
    for (const [id, subject] of this.#moved) {
      const row = this.#letGo.get(id)?.row ?? this.#collected.addresses.find((one) => one.id === id);
      const reason = { code: 'gone_from_proxmox', message: `${subject.label} is on another interface now.` } as const;
      if (row !== undefined) this.dropLinks(builder, row, { ...subject, reason });
    }
    for (const { holder, fields } of this.#released.values()) {
      const { id, name } = holder.record;
      const released = { key: `${id}`, label: name, fields, rules: {} };
      if (holder.kind === 'released-primary') builder.add({ kind: holder.kind, ...released }, holder.record);
      else builder.add({ kind: holder.kind, ...released }, holder.record);
    }
  }

  #holderOf({ id }: RecordOf<'ip-address'>): Holder | undefined {
    const machine = this.#letGo.get(id)?.of.guest.virtualMachine ?? this.#collected.abandoned.get(id);
    if (machine !== undefined) return { kind: 'released-primary', record: machine };
    const device = this.#collected.ofNodes.letGo.get(id);
    return device === undefined ? undefined : { kind: 'released-device-primary', record: device };
  }
}

function isMachine({ kind, record }: Holder, machine: RecordOf<'virtual-machine'>): boolean {
  return kind === 'released-primary' && record.id === machine.id;
}

function releaseKey(holder: Holder, row: RecordOf<'ip-address'>): ObjectKey | undefined {
  return heldAs(holder, row).length > 0 ? objectKey(holder.kind, `${holder.record.id}`) : undefined;
}

/** The fields of a machine or device that name a row. */
function heldAs({ kind, record }: Holder, { id }: RecordOf<'ip-address'>): readonly string[] {
  return kind === 'released-device-primary'
    ? fieldsWith(record, id)
    : primaries.filter((field) => record[field] === id);
}
