/** Machines of syncs whose sidecar the token may not view: by what else one tells that a machine is a guest. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { hasTag } from '../../netbox/kinds/values.js';
import type { GuestOrigin } from '../../proxmox/parse/guest-config.js';
import type { Reason } from '../types.js';
import type { KnownIds } from './diff-object.js';
import type { IdentityIndex } from './identity.js';
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
  identities: IdentityIndex,
  known: KnownIds,
): readonly Machine[] {
  const tags = [proxboxTagId(known), known.get(discoveryTag('qemu').ref), known.get(discoveryTag('lxc').ref)];
  return machines.filter(
    (machine) => identities.stateOf(machine.id) === undefined && tags.some((tag) => hasTag(machine, tag)),
  );
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

  /** @param marks machine ids with something that a guest may be recognised by; `of`: what of that a guest has */
  match(marks: readonly (readonly [number | null, Mark])[], of: (guest: AbsentGuest) => readonly Mark[]): void {
    const marked = new Map<Mark, Set<Machine>>();
    for (const [id, mark] of marks) {
      const machine = this.#machines.get(id ?? -1);
      if (machine === undefined || mark === null) continue;
      const others = marked.get(mark);
      if (others === undefined) marked.set(mark, new Set([machine]));
      else others.add(machine);
    }
    for (const guest of this.left) {
      const fitting = of(guest).flatMap((mark) => [...(marked.get(mark) ?? [])]);
      const machine = fitting.find(({ cluster }) => cluster === guest.clusterId);
      if (machine !== undefined) this.#found.set(guest.key, machine);
    }
  }
}

/** Both marks of its making; null where the configuration does not say both. */
export function originMark({ smbiosUuid, createdAt }: GuestOrigin): Mark {
  return smbiosUuid === '' || createdAt === '' ? null : `${smbiosUuid} ${createdAt}`;
}

/** @param name what the guest is to be called in NetBox */
export function unseenReason(name: string, { id, name: called }: Machine): Reason {
  return {
    code: 'identity_unreadable',
    message: `"${name}" was not written: it is probably the NetBox virtual machine "${called}" (id ${id}), whose sync-state row the NetBox token does not see. Grant it the view permission for the sync-state rows of virtual machines without conditions. If that machine has no such row, call it "${name}" and give it the tag "Proxbox": the next sync takes it.`,
  };
}
