/** Every snapshot of every guest that could be read; rows of vanished ones go only when asked for. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { byAge } from '../../../netbox/kinds/values.js';
import type { Snapshot } from '../../../proxmox/parse/snapshots.js';
import { protectingMode } from '../../plan/absence.js';
import type { SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { storageFinder, type FindStorage } from '../../plan/plugin-storages.js';
import { machineMode } from '../../plan/roster.js';
import { refusedClaims, type Claim } from '../../plan/unique-claims.js';
import { snapshotRow, uniqueKey } from './map.js';
import type { CollectedSnapshots, SnapshotGuest } from './types.js';

/** A machine, for sentences. */
interface Owner {
  readonly id: number;
  readonly name: string;
}

/** By machine, VMID and name. */
type RowsOfMachines = ReadonlyMap<string, readonly RecordOf<'snapshot'>[]>;

/** A snapshot of a guest, with the row that stands for it. */
interface Found extends Claim<Owner> {
  readonly guest: SnapshotGuest;
  readonly snapshot: Snapshot;
  readonly row: RecordOf<'snapshot'> | undefined;
}

export function* planSnapshots(
  builder: PlanBuilder,
  { guests, rows, storages, roster }: CollectedSnapshots,
  options: SyncOptions,
): Steps<void> {
  const findStorage = storageFinder(storages, roster.netboxClusters);
  const ofMachines = indexRows(rows);
  // Where nobody owns a key yet, the lowest endpoint and VMID win, whatever the order of answers.
  const ordered = [...guests].sort(
    (a, b) => a.source.endpointId - b.source.endpointId || a.resource.vmid - b.resource.vmid,
  );
  const found: Found[] = [];
  for (const guest of ordered) {
    found.push(...findRows(builder, guest, { ofMachines, options }));
    yield;
  }
  const seen = new Set(found.flatMap(({ row }) => row?.id ?? []));
  const removed = options.deleteNonexistentSnapshots
    ? planVanished(builder, ordered, { rows, seen, options })
    : new Set<number>();
  const staying = rows.filter(
    ({ id, virtual_machine: machine }) => machine !== null && !seen.has(id) && !removed.has(id),
  );
  const held = new Map(staying.map((row) => [keyOf(row), ownerOf(row)]));
  const refused = refusedClaims(found, held);
  for (const guest of ordered) discover(builder, guest);
  yield;
  for (const one of found) {
    planSnapshot(builder, one, { findStorage, options, inTheWay: refused.get(one) });
    yield;
  }
  warnOfUnread(builder, ordered);
}

function discover(builder: PlanBuilder, { listing }: SnapshotGuest): void {
  if (listing.status === 'read') builder.discovered('snapshot', listing.snapshots.length);
}

/** The snapshots of a guest. A row that is not to be changed keeps its key. */
function findRows(
  builder: PlanBuilder,
  guest: SnapshotGuest,
  { ofMachines, options }: { readonly ofMachines: RowsOfMachines; readonly options: SyncOptions },
): readonly Found[] {
  const { listing, virtualMachine } = guest;
  if (listing.status !== 'read') return [];
  const isProtecting = machineMode(guest.resource, options) === 'bootstrap_only';
  return listing.snapshots.map((snapshot) => {
    const row = rowOf(snapshot, virtualMachine.id, ofMachines);
    const has = row === undefined ? undefined : keyOf(row);
    const isKept = row !== undefined && isProtecting && builder.isBootstrapOnly(row);
    const wants = isKept && has !== undefined ? has : keyOf(snapshot);
    return { owner: virtualMachine, wants, has, guest, snapshot, row };
  });
}

/** A guest has one snapshot of a name: a row that says another node is the same snapshot before a migration. */
function rowOf(
  { vmid, name, node }: Snapshot,
  machine: number,
  ofMachines: RowsOfMachines,
): RecordOf<'snapshot'> | undefined {
  const candidates = ofMachines.get(`${machine}/${vmid}/${name}`) ?? [];
  return candidates.find((row) => row.node === node) ?? candidates[0];
}

function indexRows(rows: readonly RecordOf<'snapshot'>[]): RowsOfMachines {
  const ofMachines = new Map<string, RecordOf<'snapshot'>[]>();
  for (const row of [...rows].sort(byAge)) {
    if (row.virtual_machine === null) continue;
    const key = `${row.virtual_machine}/${row.vmid ?? ''}/${row.name}`;
    ofMachines.set(key, [...(ofMachines.get(key) ?? []), row]);
  }
  return ofMachines;
}

function keyOf({ vmid, node, name }: Pick<RecordOf<'snapshot'>, 'vmid' | 'node' | 'name'>): string {
  return uniqueKey(vmid, node, name);
}

function ownerOf({ virtual_machine: id, virtual_machine_name: name }: RecordOf<'snapshot'>): Owner {
  return { id: id ?? 0, name: name === '' ? `virtual machine ${id ?? ''}` : name };
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

interface SnapshotPlan {
  readonly findStorage: FindStorage;
  readonly options: SyncOptions;
  /** Who has the unique key of the snapshot, and keeps it. */
  readonly inTheWay: Owner | undefined;
}

function planSnapshot(
  builder: PlanBuilder,
  { guest, snapshot, row }: Found,
  { findStorage, options, inTheWay }: SnapshotPlan,
): void {
  const { listing, cluster } = guest;
  const storage = listing.status === 'read' ? listing.storage : undefined;
  const storageId = typeof storage === 'string' ? findStorage(cluster.view, storage, row?.proxmox_storage) : storage;
  const desired = snapshotRow(guest, snapshot, storageId);
  if (inTheWay !== undefined) {
    builder.skip(desired, {
      code: 'snapshot_conflict',
      message: `Snapshot "${snapshot.name}" of "${guest.virtualMachine.name}" was not written: the plugin keeps one snapshot per VMID, name and node, and ${snapshot.vmid}, "${snapshot.name}", "${snapshot.node}" belongs to "${inTheWay.name}". Give the nodes of the two clusters different names.`,
    });
    return;
  }
  // Of the mode of the machine only the tag is heeded: a snapshot is no object that an operator goes on with.
  const mode = row === undefined ? {} : { mode: machineMode(guest.resource, options) };
  builder.add(desired, row, mode);
}

interface Vanished {
  readonly rows: readonly RecordOf<'snapshot'>[];
  readonly seen: ReadonlySet<number>;
  readonly options: SyncOptions;
}

/**
 * Only rows of machines whose snapshots were all read: each absence is proven by the guest's own list, and needs no limit.
 * What an operator put on a row keeps it. Returns the ids of those that go.
 */
function planVanished(
  builder: PlanBuilder,
  guests: readonly SnapshotGuest[],
  { rows, seen, options }: Vanished,
): ReadonlySet<number> {
  const removed = new Set<number>();
  const isProtecting = protectingMode(options) === 'bootstrap_only';
  const machines = new Map(guests.map((guest) => [guest.virtualMachine.id, guest]));
  for (const row of rows) {
    const guest = machines.get(row.virtual_machine ?? 0);
    if (guest?.listing.status !== 'read' || row.vmid !== guest.resource.vmid || seen.has(row.id)) continue;
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
    removed.add(row.id);
  }
  return removed;
}
