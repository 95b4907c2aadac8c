/** Why a machine or device in NetBox is as it is: what a sync of it alone would find and do, told object by object. Pure. */
import type { AnyRecord } from '../../netbox/kinds/index.js';
import type { Change, Note, Plan, SourceRef, Warning } from '../types.js';
import { objectVerdict, reasonVerdict, type ObjectVerdict, type ReasonVerdict } from './verdicts.js';

export interface ObjectExplanation {
  /** One sentence. */
  readonly summary: string;
  /** What it is in Proxmox; null: nothing that was read stands for it. */
  readonly source: SourceRef | null;
  readonly objects: readonly ObjectVerdict[];
  /** What could not be read or done about it, and what to do. */
  readonly findings: readonly ReasonVerdict[];
}

/** @param plans of a sync of this machine alone, in their order */
export function explainMachine(netboxId: number, plans: readonly Plan[]): ObjectExplanation {
  const machine = plans.flatMap(({ changes }) => changes).find((change) => isMachine(change, netboxId));
  const guest = machine === undefined ? undefined : sourceOf(machine);
  const isOfGuest = (source: SourceRef | undefined): boolean =>
    guest !== undefined && source?.vmid === guest.vmid && source?.endpointId === guest.endpointId;
  return explain('machine', machine, plans, {
    isPart: isOfGuest,
    isNear: (source) => source?.vmid === undefined || isOfGuest(source),
  });
}

/** @param plans of a sync of the one cluster of the node, in their order */
export function explainDevice(node: string, plans: readonly Plan[]): ObjectExplanation {
  const changes = plans.flatMap((plan) => plan.changes);
  const isOfNode = (source: SourceRef | undefined): boolean => source?.node === node && source.vmid === undefined;
  const device = changes.find((change) => kindOf(change) === 'device' && isOfNode(sourceOf(change)));
  return explain('device', device, plans, {
    isPart: isOfNode,
    isNear: (source) => source?.vmid === undefined && (source?.node === undefined || source.node === node),
  });
}

type IsWithin = (source: SourceRef | undefined) => boolean;

function explain(
  noun: 'machine' | 'device',
  itself: Change | undefined,
  ...[plans, { isPart, isNear }]: [
    plans: readonly Plan[],
    within: {
      /** Of the object. */ readonly isPart: IsWithin;
      /** Concerns it, or everything. */ readonly isNear: IsWithin;
    },
  ]
): ObjectExplanation {
  const told: readonly (Warning | Note)[] = plans.flatMap(({ warnings, notes }) => [...warnings, ...notes]);
  const objects = plans.flatMap(({ changes }) =>
    changes.filter((change) => isPart(sourceOf(change))).map(objectVerdict),
  );
  const findings = unique(told.filter(({ source }) => isNear(source)).map(reasonVerdict));
  const source = itself === undefined ? undefined : sourceOf(itself);
  return {
    summary: itself === undefined ? nothing[noun] : summaryOf(objects, findings.length),
    source: source ?? null,
    objects,
    findings,
  };
}

const nothing = {
  machine: 'No guest that was read in Proxmox stands for this machine: see the findings, and GET /proxmox/doctor.',
  device: 'No node that was read in Proxmox stands for this device: see the findings, and GET /proxmox/doctor.',
} as const;

function summaryOf(objects: readonly ObjectVerdict[], findings: number): string {
  const count = (wanted: readonly Change['action'][]): number =>
    objects.filter(({ action }) => wanted.includes(action)).length;
  const [written, left] = [count(['create', 'update', 'delete']), count(['skip', 'refuse'])];
  if (written === 0 && left === 0 && findings === 0) return 'NetBox is as Proxmox is: a sync would write nothing.';
  if (written === 0 && left === 0)
    return `A sync would write nothing. Not all could be read or done: ${findings} finding(s) say what and why.`;
  return `A sync would change ${written} object(s), and leave out ${left}: each says why.`;
}

function isMachine(change: Change, netboxId: number): boolean {
  const { action } = change;
  if (action === 'update' || action === 'keep')
    return change.desired.kind === 'virtual-machine' && idOf(change.current) === netboxId;
  return action !== 'create' && action !== 'delete' && change.kind === 'virtual-machine';
}

function idOf(record: AnyRecord | undefined): number | undefined {
  return record?.id;
}

function sourceOf(change: Change): SourceRef | undefined {
  return change.action === 'create' || change.action === 'update' || change.action === 'keep'
    ? change.desired.source
    : change.source;
}

function kindOf(change: Change): ObjectVerdict['kind'] {
  return 'desired' in change ? change.desired.kind : change.kind;
}

function unique(verdicts: readonly ReasonVerdict[]): readonly ReasonVerdict[] {
  return [...new Map(verdicts.map((verdict) => [`${verdict.reason} ${verdict.message}`, verdict])).values()];
}
