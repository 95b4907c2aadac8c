/** Which stored row the MAC address of an interface is. Pure, but for the memory of what was given away already. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { isOurs } from '../../plan/ownership.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { byAge, hasTag } from '../../../netbox/kinds/values.js';
import { getsMac, hasMac, type NicMatch } from '../../plan/match-nics.js';
import type { CollectedGuest } from './types.js';

type Port = RecordOf<'vm-interface'>;
type MacRow = RecordOf<'mac-address'>;

export interface MacMarks {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

export type MacDecision =
  /** `reuse`: of this interface; `adopt`: of none; `move`: its interface has it no more. */
  | { readonly action: 'reuse' | 'adopt' | 'move'; readonly record: MacRow }
  /** No row that could be used: NetBox takes a MAC address as often as somebody has it. */
  | { readonly action: 'create' };

export class MacOwnership {
  /** By MAC address; ours first. */
  readonly #rows = new Map<string, MacRow[]>();
  readonly #letGo: ReadonlyMap<number, Port>;
  readonly #taken = new Set<number>();

  /** `letGo`: by row, the interface that had it. Of rows that belong to nothing ours are taken first. */
  constructor(rows: readonly MacRow[], letGo: ReadonlyMap<number, Port>, { supportIds }: MacMarks) {
    const oursFirst = (row: MacRow): number => (isOurs('mac-address', row, { supportIds }) ? 0 : 1);
    for (const row of [...rows].sort((a, b) => oursFirst(a) - oursFirst(b) || byAge(a, b))) {
      const mac = macKey(row.mac_address);
      this.#rows.set(mac, [...(this.#rows.get(mac) ?? []), row]);
    }
    this.#letGo = letGo;
  }

  /** What to do for a MAC address of an interface; undefined: one that does not exist yet. Ask once for each, in a fixed order. */
  decide(mac: string, port: Port | undefined): MacDecision {
    const left = (this.#rows.get(macKey(mac)) ?? []).filter((row) => !this.#taken.has(row.id));
    const own = left.find((row) => port !== undefined && isOn(row, port));
    if (own !== undefined) return { action: 'reuse', record: this.#take(own) };
    const moving = left.find((row) => this.#letGo.has(row.id));
    if (moving !== undefined) return { action: 'move', record: this.#take(moving) };
    const free = left.find((row) => row.assigned_object_id === null);
    return free === undefined ? { action: 'create' } : { action: 'adopt', record: this.#take(free) };
  }

  /** The interface whose primary MAC address a row is until it moves: it lets go of it first. */
  holderOf({ id }: MacRow): Port | undefined {
    const port = this.#letGo.get(id);
    return port?.primary_mac_address === id ? port : undefined;
  }

  isTaken({ id }: MacRow): boolean {
    return this.#taken.has(id);
  }

  #take(row: MacRow): MacRow {
    this.#taken.add(row.id);
    return row;
  }
}

/** However it is written. */
function macKey(mac: string): string {
  return mac.replaceAll('-', ':').toUpperCase();
}

/** Rows by the interface of a machine that they are on. */
export function macsByPort(rows: readonly MacRow[]): ReadonlyMap<number, readonly MacRow[]> {
  const byPort = new Map<number, MacRow[]>();
  for (const row of rows) {
    const { assigned_object_type: type, assigned_object_id: port } = row;
    if (port === null || type !== 'virtualization.vminterface') continue;
    const placed = byPort.get(port) ?? [];
    placed.push(row);
    byPort.set(port, placed);
  }
  return byPort;
}

/**
 * Rows on the interface of a device with another MAC address: the primary one that this run replaces, and those of ours that
 * an earlier run left behind.
 */
export function replacedMacs(
  match: NicMatch,
  rows: ReadonlyMap<number, readonly MacRow[]>,
  marks: MacMarks,
): readonly MacRow[] {
  const { current } = match;
  const { mac } = match.nic.device;
  if (current === undefined || mac === null || isLeftAlone(current, marks)) return [];
  const isReplacing = getsMac(match, marks.options);
  const isLeftBehind = (row: MacRow): boolean =>
    marks.options.modes.mac !== 'bootstrap_only' && isOurs('mac-address', row, marks);
  return (rows.get(current.id) ?? []).filter(
    (row) => !hasMac(row, mac) && (row.id === current.primary_mac_address ? isReplacing : isLeftBehind(row)),
  );
}

/** Whether a sync in this mode keeps away from an interface. */
export function isLeftAlone(port: Port, { options, supportIds }: MacMarks): boolean {
  return options.modes.vm_interface === 'bootstrap_only' && hasTag(port, bootstrapOnlyTag(supportIds));
}

/**
 * Rows on interfaces that have them no more, with the interface: its device has another MAC address, another device of the
 * guest has this one, or the interface is ours and its device is gone.
 */
export function letGoMacs(
  guests: readonly CollectedGuest[],
  rows: readonly MacRow[],
  marks: MacMarks,
): ReadonlyMap<number, Port> {
  if (marks.options.modes.mac === 'bootstrap_only') return new Map();
  const ports = new Map(
    guests.flatMap((guest) =>
      guest.config.status === 'read' ? guest.interfaces.map((port) => [port.id, { port, guest }] as const) : [],
    ),
  );
  return new Map(
    rows.flatMap((row) => {
      const isOnMachine = row.assigned_object_type === 'virtualization.vminterface';
      const held = isOnMachine ? ports.get(row.assigned_object_id ?? -1) : undefined;
      if (
        held === undefined ||
        isLeftAlone(held.port, marks) ||
        !hasLetGo(held.guest, held.port, row, marks.supportIds)
      )
        return [];
      return [[row.id, held.port] as const];
    }),
  );
}

function hasLetGo({ matches }: CollectedGuest, port: Port, row: MacRow, supportIds: KnownIds): boolean {
  const here = matches.find(({ current }) => current?.id === port.id);
  const withMac = matches.filter(({ nic }) => nic.device.mac !== null && hasMac(row, nic.device.mac));
  if (withMac.length > 0) return here === undefined || !withMac.includes(here);
  return here === undefined ? isOurs('vm-interface', port, { supportIds }) : here.nic.device.mac !== null;
}

function isOn({ assigned_object_type: type, assigned_object_id: id }: MacRow, port: Port): boolean {
  return id === port.id && type === 'virtualization.vminterface';
}
