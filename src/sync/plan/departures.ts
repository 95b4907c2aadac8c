/**
 * Addresses that leave their machine or device: what has to be written before, and what goes along. NetBox moves and
 * unassigns no address that is the primary one of its machine (of a device, the out-of-band one), so that lets go of it
 * first; rows of the plugin that name the address at its old place go, because the plugin takes none that contradicts the
 * assignment. Pure, but for the memory of one plan.
 */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { grouped } from '../../values/grouped.js';
import { objectKey, type ObjectKey, type Reason, type SourceRef } from '../types.js';
import type { PlanBuilder } from './plan-builder.js';

type Row = Pick<RecordOf<'ip-address'>, 'id'>;

/** What may have a row as a primary address, by the kind that lets go of it. */
export type Holder =
  | { readonly kind: 'released-primary'; readonly record: RecordOf<'virtual-machine'> }
  | { readonly kind: 'released-device-primary'; readonly record: RecordOf<'device'> };

/** The address at its new place, or as it goes. */
export interface Departure {
  /** Of the address in the plan. */
  readonly key: string;
  readonly label: string;
  readonly source: SourceRef;
  readonly reason: Reason;
}

const ofMachine = ['primary_ip4', 'primary_ip6'] as const;
const ofDevice = [...ofMachine, 'oob_ip'] as const;

/** The fields of a machine or device that name a row. */
export function primariesWith({ kind, record }: Holder, { id }: Row): readonly (typeof ofDevice)[number][] {
  return kind === 'released-primary'
    ? ofMachine.filter((field) => record[field] === id)
    : ofDevice.filter((field) => record[field] === id);
}

/** What must have been written before a row can leave; undefined: nothing. */
export function releaseOf(holder: Holder | undefined, row: Row): ObjectKey | undefined {
  if (holder === undefined || primariesWith(holder, row).length === 0) return undefined;
  return objectKey(holder.kind, `${holder.record.id}`);
}

export class Departures {
  /** By the row that they name. */
  readonly #links: ReadonlyMap<number | null, readonly RecordOf<'guest-vm-interface-address'>[]>;
  readonly #released = new Map<ObjectKey, { readonly holder: Holder; readonly fields: ReadonlySet<string> }>();
  readonly #gone = new Set<number>();

  /** @param links what the plugin keeps of rows that may leave */
  constructor(links: readonly RecordOf<'guest-vm-interface-address'>[]) {
    this.#links = grouped(links, ({ ip_address: row }) => row);
  }

  /** The row leaves what has it. */
  leaves(row: Row, holder: Holder | undefined): void {
    const key = releaseOf(holder, row);
    if (holder === undefined || key === undefined) return;
    const fields = [...(this.#released.get(key)?.fields ?? []), ...primariesWith(holder, row)];
    this.#released.set(key, { holder, fields: new Set(fields) });
  }

  /** The row goes altogether: NetBox forgets by itself that it was a primary one. */
  goes(row: Row): void {
    this.#gone.add(row.id);
  }

  /** Whether a device gives up the address of a field in this run. */
  isReleased(device: RecordOf<'device'>, field: (typeof ofDevice)[number]): boolean {
    const released = this.#released.get(objectKey('released-device-primary', `${device.id}`));
    return released?.fields.has(field) === true || this.#gone.has(device[field] ?? -1);
  }

  /** What the plugin keeps of a row. */
  linksOf(row: Row): readonly RecordOf<'guest-vm-interface-address'>[] {
    return this.#links.get(row.id) ?? [];
  }

  /** `kept`: ids of rows of the plugin that are right as they are. */
  dropLinks(
    builder: PlanBuilder,
    row: Row,
    { key, label, source, reason }: Departure,
    kept: ReadonlySet<number> = new Set(),
  ): void {
    const kind = 'guest-vm-interface-address';
    for (const link of this.linksOf(row))
      if (!kept.has(link.id))
        builder.remove({ kind, key: `${key}/link-${link.id}`, label, source, current: link }, reason);
  }

  /** Once everything is decided. */
  plan(builder: PlanBuilder): void {
    for (const { holder, fields } of this.#released.values()) {
      const { kind, record } = holder;
      const released = {
        key: `${record.id}`,
        label: record.name,
        fields: Object.fromEntries([...fields].map((field) => [field, null])),
        rules: {},
      };
      if (kind === 'released-primary') builder.add({ kind, ...released }, record);
      else builder.add({ kind, ...released }, record);
    }
  }
}
