/** Every backup that has a machine in NetBox; rows of vanished ones go only when the caller asks for it. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { nameList } from '../../../values/short-text.js';
import { kinds, type RecordOf } from '../../../netbox/kinds/index.js';
import { byAge, equalValues } from '../../../netbox/kinds/values.js';
import { storageOfVolume, type Backup } from '../../../proxmox/parse/backups.js';
import { planDeletes, protectingMode } from '../../plan/absence.js';
import type { SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { storageFinder, type FindStorage } from '../../plan/plugin-storages.js';
import type { Reason, SourceRef } from '../../types.js';
import { ownersOf, type KnownOwner, type Owner } from './diff-owners.js';
import { backupRow, isNews, journalEntry } from './map.js';
import { judge, type Rival } from './map-shared-places.js';
import type { ClusterBackups, CollectedBackups } from './types.js';

/** Rows by machine and volume, the lowest id first. */
type StoredRows = ReadonlyMap<string, readonly RecordOf<'backup'>[]>;

interface BackupPlan {
  readonly stored: StoredRows;
  readonly findStorage: FindStorage;
  readonly options: SyncOptions;
}

export function* planBackups(
  builder: PlanBuilder,
  { roster, clusters, rows, storages, warnings }: CollectedBackups,
  options: SyncOptions,
): Steps<void> {
  for (const warning of warnings) builder.warn(warning);
  const stored = yield* indexRows(rows);
  warnOfDuplicates(builder, stored);
  const plan = { stored, findStorage: storageFinder(storages, roster.netboxClusters), options };
  for (const cluster of clusters) {
    const owners = ownersOf(cluster.view, roster, options, builder.known);
    yield;
    yield* planCluster(builder, cluster, owners, plan);
    if (options.deleteNonexistentBackups) planVanished(builder, cluster, owners, plan);
  }
}

const rowKey = (machineId: number, volumeId: string): string => `${machineId}/${volumeId}`;

/** Rows without a volume id are nobody's: they are neither updated nor deleted. */
function* indexRows(rows: readonly RecordOf<'backup'>[]): Steps<StoredRows> {
  const stored = new Map<string, RecordOf<'backup'>[]>();
  for (const row of [...rows].sort(byAge)) {
    yield;
    const machine = row.virtual_machine;
    const volumeId = row.volume_id;
    if (machine === null || volumeId === '') continue;
    const key = rowKey(machine, volumeId);
    const others = stored.get(key);
    if (others === undefined) stored.set(key, [row]);
    else others.push(row);
  }
  return stored;
}

function warnOfDuplicates(builder: PlanBuilder, stored: StoredRows): void {
  const duplicates = [...stored.values()].filter((rows) => rows.length > 1);
  if (duplicates.length === 0) return;
  const named = duplicates.map(
    (rows) => `"${rows[0]?.volume_id ?? ''}": ids ${nameList(rows.map(({ id }) => String(id)))}`,
  );
  builder.warn({
    code: 'duplicate',
    message: `Backups that have more than one row in NetBox: ${nameList(named, { separator: '; ' })}. The one with the right storage, type and format, else the lowest id, is kept true; delete the others.`,
  });
}

function* planCluster(
  builder: PlanBuilder,
  cluster: ClusterBackups,
  ...[owners, plan]: [owners: ReadonlyMap<number, Owner>, plan: BackupPlan]
): Steps<void> {
  builder.discovered('backup', cluster.backups.size);
  for (const owner of owners.values())
    if (owner.status === 'known') builder.know('virtual-machine', owner.key, owner.machineId);
  for (const backup of cluster.backups.values()) {
    yield;
    const owner = backup.vmid === null ? undefined : owners.get(backup.vmid);
    const reason = reasonToSkip(backup, owner, cluster);
    if (owner?.status === 'known' && reason === undefined) planBackup(builder, backup, { owner, cluster, ...plan });
    else if (reason !== undefined) builder.skip(subjectOf(cluster, backup, owner?.source), reason);
  }
}

function subjectOf({ view }: ClusterBackups, { volumeId, vmid }: Backup, source?: SourceRef) {
  const { endpointId } = view.owner;
  const place = { endpointId, cluster: view.name, ...(vmid === null ? {} : { vmid }) };
  return { kind: 'backup' as const, key: keyOf(view.key, volumeId), label: volumeId, source: source ?? place };
}

const keyOf = (viewKey: string, volumeId: string): string => `${viewKey}/${volumeId}`;

function reasonToSkip(
  backup: Backup,
  owner: Owner | undefined,
  { view, rivalsOf }: ClusterBackups,
): Reason | undefined {
  const { volumeId, vmid, subtype } = backup;
  const cluster = view.name;
  if (vmid === null)
    return { code: 'vm_missing', message: `Backup "${volumeId}" of "${cluster}" does not say whose it is.` };
  if (owner === undefined)
    return {
      code: 'vm_missing',
      message: `Backup "${volumeId}" of "${cluster}" belongs to ${vmid}, which has no virtual machine in NetBox. If the guest exists, sync the virtual machines first.`,
    };
  if (owner.status === 'omitted')
    return { code: owner.reason.code, message: `Backup "${volumeId}" was left out: ${owner.reason.message}` };
  if (subtype !== 'undefined' && owner.type !== '' && owner.type !== subtype)
    return {
      code: 'type_changed',
      message: `Backup "${volumeId}" is of an earlier guest: ${vmid} was ${subtype} and is now ${owner.type} ("${owner.machineName}"). It was left out.`,
    };
  return whyNotOwn(backup, owner, { cluster, rivals: rivalsOf(backup) });
}

/** A row that is there already stays as it is: it may have been written for the other one, or edited. */
function whyNotOwn(
  backup: Backup,
  { machineName, guestName }: KnownOwner,
  { cluster, rivals }: { readonly cluster: string; readonly rivals: readonly Rival[] },
): Reason | undefined {
  const verdict = judge(backup, guestName, rivals);
  if (verdict === 'own') return undefined;
  const { volumeId, vmid } = backup;
  const others = nameList(rivals.map((rival) => `"${rival.name}" of "${rival.cluster}"`));
  return verdict === 'unknown'
    ? {
        code: 'backup_ambiguous',
        message: `Backup "${volumeId}" is of ${vmid}, which is "${machineName}" of "${cluster}" and ${others}, and these clusters use the same storage. It was left out.`,
      }
    : {
        code: 'backup_of_another',
        message: `Backup "${volumeId}" is of ${others}, by its notes: the storage is shared with "${cluster}". It was left out.`,
      };
}

interface OneBackup extends BackupPlan {
  readonly owner: KnownOwner;
  readonly cluster: ClusterBackups;
}

function planBackup(
  builder: PlanBuilder,
  backup: Backup,
  { owner, cluster: { view, isWhole }, stored, findStorage }: OneBackup,
): void {
  const rows = stored.get(rowKey(owner.machineId, backup.volumeId)) ?? [];
  const current = chooseRow(rows, backup);
  const storageId = findStorage(view, backup.storage, current?.proxmox_storage);
  const desired = backupRow(backup, keyOf(view.key, backup.volumeId), owner, storageId);
  if (current !== undefined && !isWhole(backup.storage)) {
    // The row may be about the copy of a node that is not there now; what is seen is perhaps another one.
    builder.keep(desired, current.id);
    return;
  }
  // Of the mode of the machine only the tag is heeded: a backup is no object that an operator goes on with.
  const action = builder.add(desired, current, current === undefined ? {} : { mode: owner.mode });
  if (action === 'create') builder.add(journalEntry(backup, desired, 'created'), undefined);
  if (action === 'update' && current !== undefined && isNews(desired, current))
    builder.add(journalEntry(backup, desired, 'updated'), undefined);
}

/** Of several rows the one that has the unique key of the backup already: no other one may take it. */
function chooseRow(rows: readonly RecordOf<'backup'>[], backup: Backup): RecordOf<'backup'> | undefined {
  const kept = ['storage', 'subtype', 'format', 'vmid'] as const;
  const hasKey = (row: RecordOf<'backup'>): boolean =>
    kept.every((field) => equalValues(kinds.backup.fields[field], row[field], backup[field]));
  return rows.find(hasKey) ?? rows[0];
}

/** What an operator put on a row keeps it. */
function planVanished(
  builder: PlanBuilder,
  { view, backups, provesAbsence }: ClusterBackups,
  ...[owners, { stored, options }]: [owners: ReadonlyMap<number, Owner>, plan: BackupPlan]
): void {
  const machines = new Map<number, KnownOwner>();
  for (const owner of owners.values()) if (owner.status === 'known') machines.set(owner.machineId, owner);
  const own = [...stored.values()].flat().flatMap((row) => {
    const owner = machines.get(row.virtual_machine ?? 0);
    return owner === undefined ? [] : [{ row, owner, volumeId: row.volume_id }];
  });
  const absent = own.filter(
    ({ row, volumeId }) => !backups.has(volumeId) && provesAbsence(storageOfVolume(volumeId), row.vmid),
  );
  const rows = absent.flatMap(({ row, owner: { source }, volumeId }) => {
    const found = builder.operatorDataOf('backup', row);
    if (found.length === 0) return [{ key: keyOf(view.key, volumeId), label: volumeId, current: row, source }];
    const message = `Backup "${volumeId}" is no longer in Proxmox; its row stays, because it has ${nameList(found)}.`;
    builder.note({ code: 'gone_from_proxmox', message, label: volumeId, source });
    return [];
  });
  planDeletes(
    builder,
    {
      kind: 'backup',
      noun: 'backup',
      endpointId: view.owner.endpointId,
      cluster: view.name,
      stored: own.length,
      rows,
      limit: options.deleteLimit,
      mode: protectingMode(options),
    },
    ({ label }) => ({
      code: 'gone_from_proxmox',
      message: `Backup "${label}" is no longer in Proxmox; its row was deleted.`,
    }),
  );
}
