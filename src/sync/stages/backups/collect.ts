/** The backups of all machines (or of the selection): every storage is listed once. */
import { toProxboxError, type ProxboxError } from '../../../errors/proxbox-error.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { storageOfVolume, type Backup } from '../../../proxmox/parse/backups.js';
import type { Storage } from '../../../proxmox/parse/storages.js';
import { readBackups, readStorages } from '../../../proxmox/reads/storage.js';
import type { ProxmoxSession } from '../../../proxmox/types.js';
import { counted, nameList } from '../../../values/short-text.js';
import { loadGuestRows } from '../../collect/guest-rows.js';
import { requireOneRead, type Unread } from '../../collect/nothing-read.js';
import { readFailure, readFromCluster, type ListedRead } from '../../collect/proxmox.js';
import { collectRoster } from '../../collect/roster.js';
import { substep } from '../../events.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { absentRows, proveRights, type AbsenceRights } from './absence-rights.js';
import { collectRivals } from './collect-rivals.js';
import { betterCopy, contentPlaces, wholeStorages, type ContentPlace, type ContentPlaces } from './map.js';
import { storedPlace } from './map-shared-places.js';
import type { ClusterBackups, CollectedBackups } from './types.js';
import { readVisibility } from './visibility.js';
import type { Roster } from '../../plan/roster.js';
import type { ConnectedCluster } from '../../guests.js';

/** Whose a backup is stands fast when all clusters have been read. */
interface UnjudgedBackups extends Omit<ClusterBackups, 'rivalsOf'> {
  /** Of the cluster, as Proxmox has them. */
  readonly storages: readonly Storage[];
}

interface ClusterRead {
  readonly backups: UnjudgedBackups | undefined;
  readonly warnings: readonly Warning[];
  readonly failures: readonly Unread[];
  readonly answers: number;
}

/** Throws when Proxmox was asked and nothing answered. */
export async function collectBackups(run: RunContext): Promise<CollectedBackups | undefined> {
  if (!run.capabilities.proxboxPlugin) return undefined;
  const roster = await collectRoster(run);
  const wanted = roster.clusters.filter(({ view }) => roster.listedClusters.has(view.key));
  const [rows, storages] = await Promise.all([
    loadGuestRows(run, 'backup', roster, { fresh: run.options.deleteNonexistentBackups }),
    run.collections.load('storage', {}),
  ]);
  const reads = await Promise.all(wanted.map((cluster) => readClusterBackups(run, cluster, { roster, rows })));
  requireOneRead(
    'list of backups',
    reads.flatMap(({ answers, failures }) => [...failures, ...Array.from({ length: answers }, () => undefined)]),
  );
  const unjudged = reads.flatMap(({ backups }) => backups ?? []);
  return {
    roster,
    clusters: await withRivals(run, unjudged, { roster, storages }),
    rows,
    storages,
    warnings: reads.flatMap(({ warnings }) => warnings),
  };
}

const nothingToRead: ClusterRead = { backups: undefined, warnings: [], failures: [], answers: 0 };

interface Stored {
  readonly roster: Roster;
  readonly rows: readonly RecordOf<'backup'>[];
}

async function readClusterBackups(
  run: RunContext,
  cluster: ConnectedCluster,
  { roster, rows }: Stored,
): Promise<ClusterRead> {
  const selected = selectionOf(run, cluster, roster);
  if (selected?.size === 0) return nothingToRead;
  const listed = await attempt(run, () =>
    readFromCluster(run, cluster, async (session) => ({
      session,
      storages: await readStorages(session, { signal: run.signal }),
    })),
  );
  if (!listed.ok) {
    const reason = unreadable(cluster, { what: 'The storages', read: 'storages' }, listed.cause);
    return { ...nothingToRead, warnings: [reason], failures: [{ reason, cause: listed.cause }] };
  }
  const { storages, session } = listed.value;
  const plan = contentPlaces(storages, cluster.view.nodes);
  const contents = await readContents(run, cluster, { places: plan.places, vmid: onlyOne(selected) });
  const sessions = new Set([session, ...contents.sessions]);
  const visibility = await readVisibility(run, cluster.view, {
    sessions: [...sessions],
    storages: [...new Set(plan.places.map(({ storage }) => storage))],
  });
  const isWhole = wholeStorages(plan, contents.unread, storages);
  // Every installation has nodes and storages: a list without any was not told.
  const isTold = cluster.view.nodes.length > 0 && storages.length > 0;
  // A node without quorum may not have heard of a storage.
  const isKnown = (storage: string): boolean => cluster.view.isQuorate || storages.some(({ name }) => name === storage);
  const backups = merge(contents.lists, selected);
  const absent = run.options.deleteNonexistentBackups ? absentRows(rows, cluster, roster, new Set(backups.keys())) : [];
  const rights = await rightsOf(run, cluster, [...sessions], absent);
  const unheard = absent.map((row) => storageOfVolume(row.volume_id)).filter((storage) => !isKnown(storage));
  return {
    backups: {
      view: cluster.view,
      backups,
      isWhole,
      storages,
      provesAbsence: (storage, vmid) =>
        isTold && isKnown(storage) && isWhole(storage) && visibility.isVisible(storage) && rights.maySee(storage, vmid),
    },
    warnings: [
      ...offlineWarnings(cluster, plan.outOfReach),
      ...contents.failures.map(({ reason }) => reason),
      ...visibility.warnings,
      ...rights.warnings,
      ...unheardWarnings(cluster, [...new Set(unheard)]),
    ],
    failures: contents.failures,
    answers: contents.lists.length,
  };
}

async function withRivals(
  run: RunContext,
  unjudged: readonly UnjudgedBackups[],
  { roster, storages: rows }: Pick<CollectedBackups, 'roster' | 'storages'>,
): Promise<readonly ClusterBackups[]> {
  const told = unjudged.flatMap(({ view, storages }) => {
    const cluster = roster.netboxClusters.get(view.key)?.id ?? null;
    return storages.map((storage) => ({ ...storage, cluster }));
  });
  const places = [...rows.map(storedPlace), ...told];
  return Promise.all(
    unjudged.map(async ({ storages, ...cluster }) => {
      const { backups } = cluster;
      return { ...cluster, rivalsOf: await collectRivals(run, cluster, { roster, backups, storages, places }) };
    }),
  );
}

/** Asked only in a run that may delete. */
async function rightsOf(
  run: RunContext,
  cluster: ConnectedCluster,
  ...[sessions, absent]: [readonly ProxmoxSession[], readonly RecordOf<'backup'>[]]
): Promise<AbsenceRights> {
  if (!run.options.deleteNonexistentBackups) return { maySee: () => false, warnings: [] };
  return proveRights(run, cluster, sessions, absent);
}

function unheardWarnings({ view }: ConnectedCluster, storages: readonly string[]): readonly Warning[] {
  if (storages.length === 0) return [];
  const message = `${counted('storage', storages)} of cluster "${view.name}" not configured, by a node without quorum, which hears of nothing new: rows of backups there stay as they are.`;
  return [{ code: 'read_incomplete', message, source: { endpointId: view.owner.endpointId, cluster: view.name } }];
}

/** The selected VMIDs of the cluster; undefined = everything. */
function selectionOf(run: RunContext, { view }: ConnectedCluster, { guests }: Roster): ReadonlySet<number> | undefined {
  if (run.options.netboxVmIds === null) return undefined;
  return new Set(guests.filter(({ cluster }) => cluster.view.key === view.key).map(({ resource }) => resource.vmid));
}

function onlyOne(selected: ReadonlySet<number> | undefined): number | undefined {
  return selected?.size === 1 ? [...selected][0] : undefined;
}

interface Contents {
  readonly lists: readonly (readonly Backup[])[];
  readonly sessions: readonly ProxmoxSession[];
  readonly unread: readonly ContentPlace[];
  readonly failures: readonly Unread<Warning>[];
}

async function readContents(
  run: RunContext,
  cluster: ConnectedCluster,
  { places, vmid }: { readonly places: readonly ContentPlace[]; readonly vmid: number | undefined },
): Promise<Contents> {
  let done = 0;
  const results = await Promise.all(
    places.map(async (place) => {
      const result = await attempt(run, () => readContent(run, cluster, { place, vmid }));
      done += 1;
      run.events.emit(
        substep(
          'backups',
          'read_storages',
          `Read ${done} of ${places.length} backup storages of "${cluster.view.name}".`,
        ),
      );
      return { place, result };
    }),
  );
  const read = results.flatMap(({ result }) => (result.ok ? [result.value] : []));
  const failed = results.flatMap(({ place, result }) => (result.ok ? [] : [{ place, cause: result.cause }]));
  return {
    lists: read.map(({ backups }) => backups),
    sessions: read.map(({ session }) => session),
    unread: failed.map(({ place }) => place),
    failures: failed.map(({ place, cause }) => ({
      reason: unreadable(cluster, { what: contentText(place), read: 'storage_content' }, cause),
      cause,
    })),
  };
}

function contentText({ storage, nodes: [node = ''] }: ContentPlace): string {
  return `The backups on storage "${storage}" (node ${node})`;
}

/** What another node of a shared storage may have an answer to: it is reachable, or has the storage mounted. */
const nodeTrouble: ReadonlySet<string> = new Set(['proxmox_node_unreachable', 'proxmox_error', 'proxmox_timeout']);

/** A shared storage is asked for on its next node when the first one has no answer. */
export async function readContent(
  run: RunContext,
  cluster: ConnectedCluster,
  { place, vmid }: { readonly place: ContentPlace; readonly vmid: number | undefined },
) {
  const { storage } = place;
  const [node = '', ...others] = place.nodes;
  const request = { node, storage, signal: run.signal, ...(vmid === undefined ? {} : { vmid }) };
  const result = await attempt(run, () =>
    readFromCluster(run, cluster, async (session) => ({ session, backups: await readBackups(session, request) })),
  );
  if (result.ok) return result.value;
  if (!nodeTrouble.has(result.cause.code) || others.length === 0) throw result.cause;
  return readContent(run, cluster, { place: { storage, nodes: others }, vmid });
}

function merge(
  lists: readonly (readonly Backup[])[],
  selected: ReadonlySet<number> | undefined,
): ReadonlyMap<string, Backup> {
  const merged = new Map<string, Backup>();
  for (const backup of lists.flat()) {
    const isWanted = selected === undefined || (backup.vmid !== null && selected.has(backup.vmid));
    if (isWanted) merged.set(backup.volumeId, betterCopy(merged.get(backup.volumeId), backup));
  }
  return merged;
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly cause: ProxboxError };

async function attempt<T>(run: RunContext, read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    run.signal.throwIfAborted();
    return { ok: false, cause: toProxboxError(error) };
  }
}

function unreadable(cluster: ConnectedCluster, { what, read }: ListedRead, cause: ProxboxError): Warning {
  const { view } = cluster;
  const text = `${what} of cluster "${view.name}" cannot be read, so no stored backup of them was changed or deleted`;
  return {
    ...readFailure(cluster, { read, cause, text, otherwise: 'read_incomplete' }),
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}

/** One sentence per offline node. */
function offlineWarnings({ view }: ConnectedCluster, outOfReach: ContentPlaces['outOfReach']): readonly Warning[] {
  const byNode = new Map<string, string[]>();
  for (const { node, storage } of outOfReach)
    if (node !== null) byNode.set(node, [...(byNode.get(node) ?? []), `"${storage}"`]);
  return [...byNode].map(([node, storages]) => ({
    code: 'node_offline',
    message: `Node "${node}" of cluster "${view.name}" is offline: the backups it has on ${nameList(storages)} cannot be read, and rows of these storages stay as they are.`,
    source: { endpointId: view.owner.endpointId, cluster: view.name, node },
  }));
}
