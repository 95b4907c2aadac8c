/**
 * Machines whose guest is gone, marked for people to review: which are marked, how, and what the journal says. The page of
 * the plugin shows machines with this tag and this status. Pure.
 */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { hasTag } from '../../netbox/kinds/values.js';
import { withoutPluginId } from '../../values/plugin-id.js';
import { ref, type Desired, type Reason, type Ref, type SourceRef } from '../types.js';
import type { ClusterView } from './cluster-views.js';
import type { KnownIds } from './diff-object.js';
import { softDeletedTag } from './support-objects.js';

/** The id of the tag that marks a machine, where it does. The tag alone tells: the status is also one that operators set. */
export function markOn(machine: RecordOf<'virtual-machine'>, known: KnownIds): number | undefined {
  const tag = softDeletedTag(known);
  return hasTag(machine, tag) ? tag : undefined;
}

export function isSoftDeleted(machine: RecordOf<'virtual-machine'>, known: KnownIds): boolean {
  return markOn(machine, known) !== undefined;
}

/** A machine of which a stage of what hangs on machines keeps its hands off. */
export function softDeletedReason({ name }: RecordOf<'virtual-machine'>): Reason {
  return {
    code: 'soft_deleted',
    message: `"${name}" is marked as gone from Proxmox (tag proxbox-soft-deleted), so what hangs on it was left alone.`,
  };
}

/** A guest as it is called in the journal. */
export interface ToldGuest {
  readonly vmid: number | string;
  /** As its sidecar has it; empty: unknown. */
  readonly type: string;
  readonly view: ClusterView;
  readonly runId: string;
}

interface MarkedMachine {
  readonly key: string;
  readonly label: string;
  readonly source?: SourceRef | undefined;
}

/** The mark: the whole of what a sync changes about a machine whose guest is gone. */
export function markOf({ key, label, source }: MarkedMachine, tag: number): Desired<'machine-mark'> {
  return {
    kind: 'machine-mark',
    key,
    label,
    fields: { status: 'decommissioning', tags: [tag] },
    rules: { status: 'always', tags: 'union' },
    ...(source === undefined ? {} : { source }),
  };
}

export function markedEntry(machine: MarkedMachine, guest: ToldGuest): Desired<'machine-journal'> {
  const comments = `Marked as gone by Proxbox: the guest (${guestText(guest)}) is no longer listed by ${placeText(guest)}. Run ${guest.runId}.`;
  return entry(machine, ref('machine-mark', machine.key), { kind: 'warning', comments });
}

export function returnedEntry(machine: MarkedMachine, guest: ToldGuest): Desired<'machine-journal'> {
  const comments = `Back in Proxmox: the guest (${guestText(guest)}) is listed again by ${placeText(guest)}, and Proxbox has taken its mark off. Run ${guest.runId}.`;
  return entry(machine, ref('virtual-machine', machine.key), { kind: 'info', comments });
}

function entry(
  { key, label, source }: MarkedMachine,
  about: Ref<'machine-mark'> | Ref<'virtual-machine'>,
  { kind, comments }: { readonly kind: 'warning' | 'info'; readonly comments: string },
): Desired<'machine-journal'> {
  return {
    kind: 'machine-journal',
    key,
    label,
    fields: {
      assigned_object_type: 'virtualization.virtualmachine',
      assigned_object_id: about,
      kind,
      comments,
    },
    rules: {},
    ...(source === undefined ? {} : { source }),
  };
}

function guestText({ vmid, type }: ToldGuest): string {
  return `VMID ${vmid}${type === '' ? '' : `, ${type}`}`;
}

function placeText({ view }: ToldGuest): string {
  return `cluster "${view.name}" of endpoint "${withoutPluginId(view.owner.endpointName)}"`;
}
