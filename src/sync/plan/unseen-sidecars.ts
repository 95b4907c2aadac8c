/** Machines of syncs whose sidecar the token may not view: by what else one tells that a machine is a guest. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { hasTag } from '../../netbox/kinds/values.js';
import type { GuestOrigin } from '../../proxmox/parse/guest-config.js';
import { grouped } from '../../values/grouped.js';
import type { KnownIds } from './diff-object.js';
import { discoveryTag, proxboxTagId } from './support-objects.js';

type Machine = RecordOf<'virtual-machine'>;
/** null says nothing. */
type Mark = string | number | null;

/** A guest that no visible sidecar names. */
export interface AbsentGuest {
  /** In plans. */
  readonly key: string;
  readonly vmid: number;
  /** The NetBox cluster of its cluster. */
  readonly clusterId: number;
  /** Of its network devices, lower case. */
  readonly macs: readonly string[];
  readonly origin: GuestOrigin;
}

/** The machines that guests are, by the key of the guest. */
export type UnseenMachines = ReadonlyMap<string, Machine>;

/** Machines that syncs made or adopted and that have no sidecar to see: it is hidden, or there is none. */
export function withoutSidecar(
  machines: readonly Machine[],
  states: readonly RecordOf<'vm-state'>[],
  known: KnownIds,
): readonly Machine[] {
  const stated = new Set(states.map((state) => state.virtual_machine));
  const tags = [proxboxTagId(known), known.get(discoveryTag('qemu').ref), known.get(discoveryTag('lxc').ref)];
  return machines.filter((machine) => !stated.has(machine.id) && tags.some((tag) => hasTag(machine, tag)));
}

/** Finds machines for guests, one kind of evidence after the other; a VMID alone says nothing about another cluster. */
export class UnseenSearch {
  readonly #machines: ReadonlyMap<number, Machine>;
  readonly #found = new Map<string, Machine>();

  constructor(
    private readonly guests: readonly AbsentGuest[],
    machines: readonly Machine[],
  ) {
    this.#machines = new Map(machines.map((machine) => [machine.id, machine]));
  }

  /** Guests without a machine so far. */
  get left(): readonly AbsentGuest[] {
    return this.guests.filter(({ key }) => !this.#found.has(key));
  }

  get found(): UnseenMachines {
    return this.#found;
  }

  /**
   * What tells of several machines, or of several guests, tells nothing.
   * @param marks machine ids with something that a guest may be recognised by; `of`: what of that a guest has
   */
  match(marks: readonly (readonly [number | null, Mark])[], of: (guest: AbsentGuest) => readonly Mark[]): void {
    const marked = grouped(marks, ([, mark]) => mark);
    const taken = new Set([...this.#found.values()].map(({ id }) => id));
    const fitting = this.left.map((guest) => {
      const ids = of(guest).flatMap((mark) => (mark === null ? [] : (marked.get(mark) ?? []).map(([id]) => id ?? -1)));
      const machines = [...new Set(ids)].flatMap((id) => (taken.has(id) ? [] : (this.#machines.get(id) ?? [])));
      return { guest, machines: machines.filter(({ cluster }) => cluster === guest.clusterId) };
    });
    const guestsOf = grouped(
      fitting.flatMap(({ machines }) => machines),
      ({ id }) => id,
    );
    for (const { guest, machines } of fitting) {
      const [machine, other] = machines;
      if (machine === undefined || other !== undefined || guestsOf.get(machine.id)?.length !== 1) continue;
      this.#found.set(guest.key, machine);
    }
  }
}

/** Both marks of its making; null where the configuration does not say both. */
export function originMark({ smbiosUuid, createdAt }: GuestOrigin): Mark {
  return smbiosUuid === '' || createdAt === '' ? null : `${smbiosUuid} ${createdAt}`;
}
