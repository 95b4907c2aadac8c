import { relationId, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { Snapshot } from '../../../proxmox/parse/snapshots.js';
import { planDeletes, protectingMode } from '../../plan/absence.js';
import type { SyncMode, SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { storageFinder, type FindStorage } from '../../plan/plugin-storages.js';
import { snapshotRow, uniqueKey } from './map.js';
import type { CollectedSnapshots, SnapshotGuest } from './types.js';

interface Stored {
  /** By machine and name. */
  readonly ofMachines: ReadonlyMap<string, readonly NetBoxRecord[]>;
  /** Which machine has, or gets in this run, the row of a unique key. */
  readonly owners: Map<string, { readonly id: number; readonly name: string }>;
  /** Ids of rows whose snapshot was seen. */
  readonly seen: Set<number>;
}

/** Every snapshot of every guest that could be read; rows of vanished ones go only when the caller asks for it. */
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
  for (const guest of ordered) planGuest(builder, guest, { stored, findStorage, options });
  warnOfUnread(builder, ordered);
  if (options.deleteNonexistentSnapshots) planVanished(builder, ordered, { rows, stored, options });
}

function indexRows(rows: readonly NetBoxRecord[]): Stored {
  const ofMachines = new Map<string, NetBoxRecord[]>();
  const owners: Stored['owners'] = new Map();
  for (const row of [...rows].sort((a, b) => a.id - b.id)) {
    const machine = relationId(row['virtual_machine']);
    if (machine === null) continue;
    const vmid = toNumber(row['vmid']);
    const key = `${machine}/${vmid ?? ''}/${textOf(row['name'])}`;
    ofMachines.set(key, [...(ofMachines.get(key) ?? []), row]);
    owners.set(uniqueKey(vmid, textOf(row['node']), textOf(row['name'])), { id: machine, name: machineOf(row) });
  }
  return { ofMachines, owners, seen: new Set() };
}

function machineOf(row: NetBoxRecord): string {
  const machine = row['virtual_machine'];
  const name = typeof machine === 'object' && machine !== null && 'name' in machine ? textOf(machine.name) : '';
  return name === '' ? `virtual machine ${relationId(machine) ?? ''}` : name;
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
    planSnapshot(builder, { guest, snapshot, storageId, stored, mode: modeOf(guest, options) });
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

function modeOf({ resource }: SnapshotGuest, { modes }: SyncOptions): SyncMode {
  return modes[resource.template ? 'vm_template' : 'vm'];
}

interface OneSnapshot {
  readonly guest: SnapshotGuest;
  readonly snapshot: Snapshot;
  readonly storageId: number | null | undefined;
  readonly stored: Stored;
  readonly mode: SyncMode;
}

/** A guest has one snapshot of a name: a row that says another node is the same snapshot before a migration. */
function planSnapshot(builder: PlanBuilder, { guest, snapshot, storageId, stored, mode }: OneSnapshot): void {
  const desired = snapshotRow(guest, snapshot, storageId);
  const machine = guest.virtualMachine.id;
  const candidates = stored.ofMachines.get(`${machine}/${snapshot.vmid}/${snapshot.name}`) ?? [];
  const current = candidates.find((row) => textOf(row['node']) === snapshot.node) ?? candidates[0];
  if (current !== undefined) stored.seen.add(current.id);
  const claim = uniqueKey(snapshot.vmid, snapshot.node, snapshot.name);
  const owner = stored.owners.get(claim);
  if (owner !== undefined && owner.id !== machine) {
    builder.skip(desired, {
      code: 'snapshot_conflict',
      message: `Snapshot "${snapshot.name}" of "${textOf(guest.virtualMachine['name'])}" was not written: the plugin keeps one snapshot per VMID, name and node, and ${snapshot.vmid}, "${snapshot.name}", "${snapshot.node}" belongs to "${owner.name}". Give the nodes of the two clusters different names.`,
    });
    return;
  }
  stored.owners.set(claim, { id: machine, name: textOf(guest.virtualMachine['name']) });
  // Of the mode of the machine only the tag is heeded: a snapshot is no object that an operator goes on with.
  builder.add(desired, current, current === undefined ? {} : { mode });
}

interface Vanished {
  readonly rows: readonly NetBoxRecord[];
  readonly stored: Stored;
  readonly options: SyncOptions;
}

/** Only rows of machines whose snapshots were all read, cluster by cluster. */
function planVanished(
  builder: PlanBuilder,
  guests: readonly SnapshotGuest[],
  { rows, stored, options }: Vanished,
): void {
  const views = new Map(guests.map(({ cluster }) => [cluster.view.key, cluster.view]));
  for (const view of views.values()) {
    const machines = new Map(
      guests.filter(({ cluster }) => cluster.view.key === view.key).map((guest) => [guest.virtualMachine.id, guest]),
    );
    const own = rows.flatMap((row) => {
      const guest = machines.get(relationId(row['virtual_machine']) ?? 0);
      return guest !== undefined && toNumber(row['vmid']) === guest.resource.vmid ? [{ row, guest }] : [];
    });
    const absent = own.filter(({ row, guest }) => guest.listing.status === 'read' && !stored.seen.has(row.id));
    planDeletes(
      builder,
      {
        kind: 'snapshot',
        noun: 'snapshot',
        endpointId: view.owner.endpointId,
        cluster: view.name,
        stored: own.length,
        rows: absent.map(({ row, guest }) => ({
          key: `${guest.key}/${textOf(row['node'])}/${textOf(row['name'])}`,
          label: `${textOf(row['name'])} of ${textOf(guest.virtualMachine['name'])}`,
          current: row,
          source: guest.source,
        })),
        limit: options.deleteLimit,
        mode: protectingMode(options),
      },
      ({ label }) => ({
        code: 'gone_from_proxmox',
        message: `Snapshot ${label} is no longer in Proxmox; its row was deleted.`,
      }),
    );
  }
}
