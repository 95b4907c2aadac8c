/** Machines whose guest is gone give up an address that a node has now. Pure, but for the memory of one plan. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { objectKey, type ObjectKey, type SourceRef } from '../../types.js';
import type { CollectedInterfaces } from './collect.js';

/** The address at its new place. */
export interface AddressSubject {
  readonly key: string;
  readonly label: string;
  readonly source: SourceRef;
}

const primaries = ['primary_ip4', 'primary_ip6'] as const;

/** NetBox moves no address that is the primary one of its machine; the plugin takes no row that contradicts the assignment. */
export class DeadMachines {
  readonly #collected: Pick<CollectedInterfaces, 'abandoned' | 'guestAddresses'>;
  readonly #released = new Map<number, Record<string, null>>();

  constructor(collected: Pick<CollectedInterfaces, 'abandoned' | 'guestAddresses'>) {
    this.#collected = collected;
  }

  /** A row comes to a node. Returns what must have been written before. */
  release({ id }: RecordOf<'ip-address'>): ObjectKey | undefined {
    const machine = this.#collected.abandoned.get(id);
    const fields = primaries.filter((field) => machine?.[field] === id);
    if (machine === undefined || fields.length === 0) return undefined;
    const known = this.#released.get(machine.id) ?? {};
    this.#released.set(machine.id, { ...known, ...Object.fromEntries(fields.map((field) => [field, null])) });
    return objectKey('released-primary', `${machine.id}`);
  }

  dropLinks(builder: PlanBuilder, row: RecordOf<'ip-address'>, { key, label, source }: AddressSubject): void {
    const reason = { code: 'gone_from_proxmox', message: `${label} is on an interface of a node now.` } as const;
    for (const link of this.#collected.guestAddresses)
      if (link.ip_address === row.id)
        builder.remove(
          { kind: 'guest-vm-interface-address', key: `${key}/link-${link.id}`, label, source, current: link },
          reason,
        );
  }

  planReleases(builder: PlanBuilder): void {
    for (const machine of new Set(this.#collected.abandoned.values())) {
      const fields = this.#released.get(machine.id);
      if (fields === undefined) continue;
      builder.add({ kind: 'released-primary', key: `${machine.id}`, label: machine.name, fields, rules: {} }, machine);
    }
  }
}
