/** Every snapshot of every guest that could be read; rows of vanished ones go only when asked for. Pure. */
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Snapshot } from '../../../proxmox/parse/snapshots.js';
import { protectingMode } from '../../plan/absence.js';
import type { SyncMode, SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { storageFinder, type FindStorage } from '../../plan/plugin-storages.js';
import { machineMode } from '../../plan/roster.js';
import { snapshotRow, uniqueKey } from './map.js';
import type { CollectedSnapshots, SnapshotGuest } from './types.js';

interface Stored {
  /** By machine and name. */
  readonly ofMachines: ReadonlyMap<string, readonly RecordOf<'snapshot'>[]>;
  /** Which machine has, or gets in this run, the row of a unique key. */
  readonly owners: Map<string, { readonly id: number; readonly name: string }>;
  /** Ids of rows whose snapshot was seen. */
  readonly seen: Set<number>;
}

export function planSnapshots(
  builder: PlanBuilder,
  { guests, rows, storages, roster }: CollectedSnapshots,
  options: SyncOptions,
): void {
  const findStorage = storageFinder(storages, roster.netboxClusters);
  const stored = indexRows(rows);
  // Where nobody owns a key yet, the lowest endpoint and VMID win, whatever the order of answers.
  const ordered = [...guests].sort(
    (a, b) => a.source.endpointId - b.source.endpointId || a.resource.vmid - b.resource.vmid,
  );
  // What goes or moves makes room for a snapshot of the same key.
  for (const guest of ordered) noteSeen(builder, guest, { stored, options });
  if (options.deleteNonexistentSnapshots) planVanished(builder, ordered, { rows, stored, options });
  for (const guest of ordered) planGuest(builder, guest, { stored, findStorage, options });
  warnOfUnread(builder, ordered);
}

/** Rows that stand for a snapshot, and the keys that they give up because the guest is on another node now. */
function noteSeen(
  builder: PlanBuilder,
  guest: SnapshotGuest,
  { stored, options }: Pick<GuestPlan, 'stored' | 'options'>,
): void {
  const { listing, virtualMachine } = guest;
  if (listing.status !== 'read') return;
  const { seen, owners } = stored;
  const isProtecting = machineMode(guest.resource, options) === 'bootstrap_only';
  for (const snapshot of listing.snapshots) {
    const row = rowOf(snapshot, virtualMachine.id, stored);
    if (row === undefined) continue;
    seen.add(row.id);
    const claim = uniqueKey(snapshot.vmid, snapshot.node, snapshot.name);
    if (owners.has(claim) || (isProtecting && builder.isBootstrapOnly(row))) continue;
    owners.delete(uniqueKey(row.vmid, row.node, row.name));
    owners.set(claim, { id: virtualMachine.id, name: virtualMachine.name });
  }
}

/** A guest has one snapshot of a name: a row that says another node is the same snapshot before a migration. */
function rowOf(
  { vmid, name, node }: Snapshot,
  machine: number,
  { ofMachines }: Stored,
): RecordOf<'snapshot'> | undefined {
  const candidates = ofMachines.get(`${machine}/${vmid}/${name}`) ?? [];
  return candidates.find((row) => row.node === node) ?? candidates[0];
}

function indexRows(rows: readonly RecordOf<'snapshot'>[]): Stored {
  const ofMachines = new Map<string, RecordOf<'snapshot'>[]>();
  const owners: Stored['owners'] = new Map();
  for (const row of [...rows].sort((a, b) => a.id - b.id)) {
    const machine = row.virtual_machine;
    if (machine === null) continue;
    const vmid = row.vmid;
    const key = `${machine}/${vmid ?? ''}/${row.name}`;
    ofMachines.set(key, [...(ofMachines.get(key) ?? []), row]);
    owners.set(uniqueKey(vmid, row.node, row.name), { id: machine, name: machineOf(row) });
  }
  return { ofMachines, owners, seen: new Set() };
}

function machineOf(row: RecordOf<'snapshot'>): string {
  return row.virtual_machine_name === '' ? `virtual machine ${row.virtual_machine ?? ''}` : row.virtual_machine_name;
}

interface GuestPlan {
  readonly stored: Stored;
  readonly findStorage: FindStorage;
  readonly options: SyncOptions;
}

function planGuest(builder: PlanBuilder, guest: SnapshotGuest, { stored, findStorage, options }: GuestPlan): void {
  const { listing } = guest;
  if (listing.status !== 'read') return;
  builder.discovered('snapshot', listing.snapshots.length);
  const { storage } = listing;
  const storageId = typeof storage === 'string' ? findStorage(guest.cluster.view, storage) : storage;
  for (const snapshot of listing.snapshots)
    planSnapshot(builder, { guest, snapshot, storageId, stored, mode: machineMode(guest.resource, options) });
}

/** What is not known of a guest is no fate of a snapshot; a sentence that concerns several guests is told once. */
function warnOfUnread(builder: PlanBuilder, guests: readonly SnapshotGuest[]): void {
  const told = new Set<string>();
  for (const { listing, source } of guests) {
    if (listing.status === 'read' || told.has(listing.reason.message)) continue;
    told.add(listing.reason.message);
    builder.warn({ ...listing.reason, source });
  }
}

interface OneSnapshot {
  readonly guest: SnapshotGuest;
  readonly snapshot: Snapshot;
  readonly storageId: number | null | undefined;
  readonly stored: Stored;
  readonly mode: SyncMode;
}

function planSnapshot(builder: PlanBuilder, { guest, snapshot, storageId, stored, mode }: OneSnapshot): void {
  const desired = snapshotRow(guest, snapshot, storageId);
  const machine = guest.virtualMachine.id;
  const current = rowOf(snapshot, machine, stored);
  const claim = uniqueKey(snapshot.vmid, snapshot.node, snapshot.name);
  const owner = stored.owners.get(claim);
  if (owner !== undefined && owner.id !== machine) {
    builder.skip(desired, {
      code: 'snapshot_conflict',
      message: `Snapshot "${snapshot.name}" of "${guest.virtualMachine.name}" was not written: the plugin keeps one snapshot per VMID, name and node, and ${snapshot.vmid}, "${snapshot.name}", "${snapshot.node}" belongs to "${owner.name}". Give the nodes of the two clusters different names.`,
    });
    return;
  }
  stored.owners.set(claim, { id: machine, name: guest.virtualMachine.name });
  // Of the mode of the machine only the tag is heeded: a snapshot is no object that an operator goes on with.
  builder.add(desired, current, current === undefined ? {} : { mode });
}

interface Vanished {
  readonly rows: readonly RecordOf<'snapshot'>[];
  readonly stored: Stored;
  readonly options: SyncOptions;
}

/**
 * Only rows of machines whose snapshots were all read: each absence is proven by the guest's own list, and needs no limit.
 * What an operator put on a row keeps it.
 */
function planVanished(
  builder: PlanBuilder,
  guests: readonly SnapshotGuest[],
  { rows, stored, options }: Vanished,
): void {
  const isProtecting = protectingMode(options) === 'bootstrap_only';
  const machines = new Map(guests.map((guest) => [guest.virtualMachine.id, guest]));
  for (const row of rows) {
    const guest = machines.get(row.virtual_machine ?? 0);
    if (guest?.listing.status !== 'read' || row.vmid !== guest.resource.vmid || stored.seen.has(row.id)) continue;
    if (isProtecting && builder.isBootstrapOnly(row)) continue;
    const { key, source, virtualMachine } = guest;
    const label = `${row.name} of ${virtualMachine.name}`;
    const found = builder.operatorDataOf('snapshot', row);
    const gone = `Snapshot ${label} is no longer in Proxmox`;
    const reason = { code: 'gone_from_proxmox' as const, message: `${gone}; its row was deleted.` };
    if (found.length > 0) {
      const message = `${gone}; its row stays, because it has ${nameList(found)}.`;
      builder.note({ ...reason, message, label, source });
      continue;
    }
    builder.remove({ kind: 'snapshot', key: `${key}/${row.node}/${row.name}`, label, current: row, source }, reason);
    stored.owners.delete(uniqueKey(row.vmid, row.node, row.name));
  }
}
