/** The answer of a sync of one object: what else was written, and what failed. */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import { storageOfVolume } from '../../proxmox/parse/backups.js';
import type { PlannedObject } from '../plan/single-object.js';
import type { SyncOptions } from '../plan/options.js';
import type { ReasonCode } from '../reasons.js';
import type { RunStatus } from '../run-end.js';
import type { Outcome, Reason, SourceRef } from '../types.js';
import type { IndividualResult, SyncedDependency } from './types.js';

/** What else was written, with its own outcome. What was found unchanged needs no further call and is left out. */
export function writtenBeside(
  outcomes: readonly Outcome[],
  isAskedFor: (outcome: Outcome) => boolean,
  { dryRun }: Pick<SyncOptions, 'dryRun'>,
): SyncedDependency[] {
  return outcomes
    .filter((outcome) => !isAskedFor(outcome) && (outcome.status === 'created' || outcome.status === 'updated'))
    .flatMap((outcome) => dependency({ ...outcome, ...named(outcome.record) }, dryRun ? 'dry_run' : outcome.status));
}

/** What of an object its call needs. */
interface Subject extends Pick<PlannedObject, 'kind' | 'key' | 'label'> {
  readonly source?: SourceRef | undefined;
  /** As it is planned, or as it is stored. */
  readonly name?: string;
}

function named(fields: object | undefined): Pick<Subject, 'name'> {
  const { name }: { readonly name?: unknown } = fields ?? {};
  return typeof name === 'string' ? { name } : {};
}

function dependency(subject: Subject, action: string): readonly SyncedDependency[] {
  const { kind, key, label, source } = subject;
  const { askedAs } = kindDefinition(kind);
  if (askedAs === undefined) return [];
  const name = nameOf(subject);
  const { type, nameParam } = askedAs;
  return [
    {
      object_type: type,
      action,
      name,
      ...(source === undefined ? {} : callParams(source)),
      ...(nameParam === undefined ? {} : { [nameParam]: name }),
      ...(kind === 'backup' ? { storage: storageOfVolume(label), volid: label } : {}),
      ...(kind === 'task-history' ? { upid: key } : {}),
    },
  ];
}

/** Kinds whose labels name the machine too. */
const belowMachine: ReadonlySet<ObjectKind> = new Set(['vm-interface', 'virtual-disk', 'snapshot']);

/** Labels are for people. */
function nameOf({ kind, key, label, source, name = '' }: Subject): string {
  if (kind === 'device') return source?.node ?? label;
  if (kind === 'storage') return source?.name ?? label;
  if (!belowMachine.has(kind)) return label;
  return name || (key.split('/').at(-1) ?? label);
}

/** Where the object is, under the names of the query. */
function callParams({ cluster, node, type, vmid }: SourceRef): Readonly<Record<string, string | number>> {
  return {
    cluster_name: cluster,
    ...(node === undefined ? {} : { node }),
    ...(type === undefined ? {} : { type }),
    ...(vmid === undefined ? {} : { vmid }),
  };
}

/** Of several objects that were asked for together some may have failed. */
export function statusOfAnswer({ status, answer: { items = [] } }: IndividualResult): RunStatus {
  if (status < 400) return 'completed';
  return items.some(({ error }) => error === null) ? 'partial' : 'failed';
}

/** Left alone on purpose: nothing failed. */
const leftAlone: ReadonlySet<ReasonCode> = new Set([
  'mode_disabled',
  'bootstrap_only',
  'not_selected',
  'disk_unsized',
  'disk_passed_through',
  'selection_empty',
]);
const absent: ReadonlySet<ReasonCode> = new Set([
  'guest_gone',
  'gone_from_proxmox',
  'vm_missing',
  'cluster_missing',
  'device_missing',
  'node_missing',
  'interface_missing',
]);

export function isLeftAlone({ code }: Reason): boolean {
  return leftAlone.has(code);
}

/** What is missing is 404; everything else is trouble of Proxmox or NetBox. */
export function errorOf(reason: Reason | undefined, name: string): ProxboxError {
  if (reason === undefined) return new ProxboxError('stage_failed', `${name} was not written.`);
  return new ProxboxError(absent.has(reason.code) ? 'not_found' : 'stage_failed', reason.message, {
    where: { reason: reason.code },
  });
}
