import { ProxboxError } from '../../errors/proxbox-error.js';
import type { ObjectKind } from '../../netbox/records/kinds.js';
import { textOf } from '../../netbox/records/compare.js';
import { storageOfVolume } from '../../proxmox/parse/backups.js';
import { objectOf, type PlannedObject } from '../plan/single-object.js';
import type { ReasonCode } from '../reasons.js';
import type { Change, Outcome, Reason, SourceRef } from '../types.js';
import type { SyncedDependency } from './types.js';

/** What the plugin calls the kinds that it can ask for; others are not told. */
const typeNames: Partial<Record<ObjectKind, string>> = {
  cluster: 'cluster',
  device: 'node',
  'virtual-machine': 'vm',
  storage: 'storage',
  'vm-interface': 'interface',
  'ip-address': 'ip',
  'virtual-disk': 'disk',
  replication: 'replication',
  backup: 'backup',
  snapshot: 'snapshot',
  'task-history': 'task-history',
};

/** Under which name the label of an object goes into a call for it. */
const nameParams: Readonly<Record<string, string>> = {
  node: 'node_name',
  storage: 'storage_name',
  interface: 'interface_name',
  ip: 'ip_address',
  disk: 'disk_name',
  replication: 'replication_id',
  snapshot: 'snapshot_name',
};

/** What else was written, with its own outcome. What was found unchanged needs no further call and is left out. */
export function writtenBeside(
  outcomes: readonly Outcome[],
  isObject: (outcome: Outcome) => boolean,
): SyncedDependency[] {
  return outcomes
    .filter((outcome) => !isObject(outcome) && (outcome.status === 'created' || outcome.status === 'updated'))
    .flatMap((outcome) => dependency({ ...outcome, fields: outcome.record ?? {} }, outcome.status));
}

/** What would be written besides, in a dry run. */
export function plannedBeside(changes: readonly Change[], isObject: (change: Change) => boolean): SyncedDependency[] {
  return changes
    .filter((change) => !isObject(change) && (change.action === 'create' || change.action === 'update'))
    .flatMap((change) => dependency(objectOf(change), 'dry_run'));
}

/** What of an object its call needs: planned values, or those of the row. */
interface Subject extends Pick<PlannedObject, 'kind' | 'key' | 'label'> {
  readonly source?: SourceRef | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

function dependency(subject: Subject, action: string): readonly SyncedDependency[] {
  const { kind, key, label, source } = subject;
  const type = typeNames[kind];
  if (type === undefined) return [];
  const name = nameOf(subject);
  const param = nameParams[type];
  return [
    {
      object_type: type,
      action,
      name,
      ...(source === undefined ? {} : callParams(source)),
      ...(param === undefined ? {} : { [param]: name }),
      ...(kind === 'backup' ? { storage: storageOfVolume(label), volid: label } : {}),
      ...(kind === 'task-history' ? { upid: key } : {}),
    },
  ];
}

/** Labels are for people and name the machine too. */
function nameOf({ kind, key, label, source, fields }: Subject): string {
  if (kind === 'device') return source?.node ?? label;
  if (kind === 'storage') return source?.name ?? label;
  const isBelowMachine = kind === 'vm-interface' || kind === 'virtual-disk' || kind === 'snapshot';
  if (!isBelowMachine) return label;
  return textOf(fields['name']) || (key.split('/').at(-1) ?? label);
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

/** Left alone on purpose: nothing failed. */
const leftAlone: ReadonlySet<ReasonCode> = new Set([
  'mode_disabled',
  'bootstrap_only',
  'not_selected',
  'disk_unsized',
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
