/** Why a machine in NetBox is as it is: what a sync of it alone would find and do, told object by object. Pure. */
import type { AnyRecord } from '../../netbox/kinds/index.js';
import type { Change, Note, Plan, SourceRef, Warning } from '../types.js';
import { objectVerdict, reasonVerdict, type ObjectVerdict, type ReasonVerdict } from './verdicts.js';

export interface MachineExplanation {
  /** One sentence. */
  readonly summary: string;
  /** Where the guest is in Proxmox; null: no guest stands for the machine. */
  readonly guest: SourceRef | null;
  readonly objects: readonly ObjectVerdict[];
  /** What could not be read or done about it, and what to do. */
  readonly findings: readonly ReasonVerdict[];
}

/** @param plans of a sync of this machine alone, in their order */
export function explainMachine(netboxId: number, plans: readonly Plan[]): MachineExplanation {
  const machine = plans.flatMap(({ changes }) => changes).find((change) => isMachine(change, netboxId));
  const guest = machine === undefined ? undefined : sourceOf(machine);
  const isAbout = ({ source }: Pick<Warning, 'source'>): boolean =>
    source?.vmid === undefined || (source.vmid === guest?.vmid && source.endpointId === guest.endpointId);
  const told: readonly (Warning | Note)[] = plans.flatMap(({ warnings, notes }) => [...warnings, ...notes]);
  const objects = plans.flatMap(({ changes }) =>
    changes.filter((change) => isPartOf(change, guest)).map(objectVerdict),
  );
  const findings = unique(told.filter(isAbout).map(reasonVerdict));
  return {
    summary: summaryOf(machine, objects, findings.length),
    guest: guest ?? null,
    objects,
    findings,
  };
}

function summaryOf(machine: Change | undefined, objects: readonly ObjectVerdict[], findings: number): string {
  if (machine === undefined)
    return 'No guest that was read in Proxmox stands for this machine: see the findings, and GET /proxmox/doctor.';
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

/** What hangs on other objects (clusters, tags, platforms) is theirs. */
function isPartOf(change: Change, guest: SourceRef | undefined): boolean {
  const source = sourceOf(change);
  return guest !== undefined && source?.vmid === guest.vmid && source?.endpointId === guest.endpointId;
}

function unique(verdicts: readonly ReasonVerdict[]): readonly ReasonVerdict[] {
  return [...new Map(verdicts.map((verdict) => [`${verdict.reason} ${verdict.message}`, verdict])).values()];
}
