/** What addresses that leave their interface take along and leave behind. Pure, but for the memory of one plan. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Ownership } from '../../plan/address-ownership.js';
import { Departures, releaseOf, type Departure, type Holder } from '../../plan/departures.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import type { KnownGuest } from '../../plan/roster.js';
import type { Desired, ObjectKey } from '../../types.js';
import { namesOfGuest, type LetGo } from './map-let-go.js';
import type { AddressedGuest, CollectedAddresses } from './types.js';

interface NewPlace {
  /** Of the address in the plan. */
  readonly key: string;
  /** Of the interface, for people. */
  readonly label: string;
  readonly guest: KnownGuest;
}

/** Which rows leave their interface, and for what. */
export class Moves {
  readonly #letGo: ReadonlyMap<number, LetGo>;
  readonly #collected: CollectedAddresses;
  /** Ids of rows that leave their machine. */
  readonly #leaving = new Set<number>();
  readonly #departures: Departures;
  readonly #moved = new Map<number, Omit<Departure, 'reason'> & { readonly row: RecordOf<'ip-address'> }>();
  /** Rows that stay, and for what. */
  readonly #told = new Map<RecordOf<'ip-address'>, Omit<Departure, 'reason'>>();
  readonly #keptLinks = new Set<number>();
  /** By interface inside a guest: the machine. */
  readonly #machines: ReadonlyMap<number, number | null>;

  constructor(collected: CollectedAddresses, letGo: readonly LetGo[]) {
    this.#collected = collected;
    this.#letGo = new Map(letGo.map((one) => [one.row.id, one]));
    this.#departures = new Departures(collected.guestAddresses);
    this.#machines = new Map(collected.guestInterfaces.map((row) => [row.id, row.virtual_machine]));
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
    return holder === undefined || isMachine(holder, virtualMachine) ? undefined : releaseOf(holder, decision.record);
  }

  /** DNS names that the guest of a row gave it; of one that moves, the last guest. */
  namesOf(decision: Ownership, to: AddressedGuest): ReadonlySet<string> {
    if (decision.action !== 'move') return namesOfGuest(to);
    const { record } = decision;
    const letGo = this.#letGo.get(record.id);
    if (letGo !== undefined) return namesOfGuest(letGo.of);
    return this.#collected.abandoned.get(record.id)?.names ?? new Set();
  }

  /** A row comes to an interface. */
  taken(
    builder: PlanBuilder,
    decision: Ownership,
    { key, guest, claim }: NewPlace & { readonly claim: Desired<'address-claim'> | undefined },
  ): void {
    if (decision.action !== 'move' && decision.action !== 'adopt') return;
    const { record } = decision;
    if (claim !== undefined) builder.add(claim, undefined);
    if (decision.action === 'adopt') return;
    this.#moved.set(record.id, { row: record, key, label: record.address, source: guest.source });
    const holder = this.#holderOf(record);
    if (holder === undefined || !isMachine(holder, guest.virtualMachine)) this.leaves(record);
  }

  /** A row stays on its interface, of a guest that says on which interface inside it has the address. */
  stays(row: RecordOf<'ip-address'>, at: Omit<Departure, 'reason'>): void {
    this.#told.set(row, at);
  }

  /** The row leaves its machine. Returns what must have been written before. */
  leaves(row: RecordOf<'ip-address'>): ObjectKey | undefined {
    this.#leaving.add(row.id);
    const holder = this.#holderOf(row);
    this.#departures.leaves(row, holder);
    return releaseOf(holder, row);
  }

  /** The row goes altogether: NetBox forgets by itself that it was a primary one. */
  goes(row: RecordOf<'ip-address'>): void {
    this.#leaving.add(row.id);
  }

  /** Whether a row of the plugin says that the guest which lets a row go had it. What another machine had there tells nothing. */
  wasTold(row: RecordOf<'ip-address'>): boolean {
    const machine = this.#letGo.get(row.id)?.of.guest.virtualMachine.id;
    return this.#departures.linksOf(row).some(({ guest_interface: inside }) => {
      const of = this.#machines.get(inside ?? -1);
      return of === undefined || of === machine;
    });
  }

  dropLinks(builder: PlanBuilder, row: RecordOf<'ip-address'>, departure: Departure): void {
    this.#departures.dropLinks(builder, row, departure, this.#keptLinks);
  }

  /** Whether a device gives up the address of a field. */
  readonly isReleased: Departures['isReleased'] = (device, field) => this.#departures.isReleased(device, field);

  /** Once everything is decided. */
  plan(builder: PlanBuilder): void {
    for (const { row, ...subject } of this.#moved.values()) {
      const message = `${subject.label} is on another interface now.`;
      this.dropLinks(builder, row, { ...subject, reason: { code: 'gone_from_proxmox', message } });
    }
    for (const [row, subject] of this.#told) {
      const message = `${subject.label} is on another interface inside the guest now.`;
      this.dropLinks(builder, row, { ...subject, reason: { code: 'gone_from_proxmox', message } });
    }
    this.#departures.plan(builder);
  }

  #holderOf({ id }: RecordOf<'ip-address'>): Holder | undefined {
    const machine = this.#letGo.get(id)?.of.guest.virtualMachine ?? this.#collected.abandoned.get(id)?.machine;
    if (machine !== undefined) return { kind: 'released-primary', record: machine };
    const device = this.#collected.ofNodes.letGo.get(id);
    return device === undefined ? undefined : { kind: 'released-device-primary', record: device };
  }
}

function isMachine({ kind, record }: Holder, machine: RecordOf<'virtual-machine'>): boolean {
  return kind === 'released-primary' && record.id === machine.id;
}
