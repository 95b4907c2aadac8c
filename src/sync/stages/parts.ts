/**
 * Parts of stages that scripts ask for by themselves: the interfaces of one node, the backups on one storage, the snapshots
 * of one node or guest. The stage plans its cluster as a whole, so that what is whose stays decided; of that plan the part is done.
 */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { kinds, type ObjectKind } from '../../netbox/kinds/index.js';
import { isStorageOnNode } from '../../proxmox/parse/storages.js';
import { readStorages } from '../../proxmox/reads/storage.js';
import { nameList } from '../../values/short-text.js';
import { readFromCluster } from '../collect/proxmox.js';
import type { ConnectedCluster } from '../guests.js';
import { isCalled } from '../plan/netbox-cluster.js';
import { findChanges, objectOf, onlyObjects, type PlannedObject } from '../plan/single-object.js';
import type { RunContext } from '../run-context.js';
import { planWhole, type PreparedStage, type Stage } from '../stage.js';
import type { Plan, SourceRef, Warning } from '../types.js';
import { backupsStage } from './backups/index.js';
import { devicesStage } from './devices/index.js';
import type { StageJob } from './index.js';
import { nodeInterfacesStage } from './node-interfaces/index.js';
import { snapshotsStage } from './snapshots/index.js';

/** What a part is about, as the caller names it; undefined: all of them. */
export interface PartQuery {
  readonly clusterName: string | undefined;
  readonly node: string | undefined;
  readonly storage: string | undefined;
  readonly vmid: number | undefined;
}

interface Part {
  readonly stage: Stage;
  /** Throws `not_found` (404) where Proxmox has no such storage. */
  readonly requireStorage?: (run: RunContext, clusters: readonly ConnectedCluster[], query: PartQuery) => Promise<void>;
  /** Guests that are not chosen are not read at all. */
  readonly readsChosenGuests?: true;
  /** Whether what comes from there is of the part. */
  readonly isOf: (source: Partial<SourceRef>, query: PartQuery) => boolean;
  readonly fits?: (object: PlannedObject, query: PartQuery) => boolean;
  /** Whether a warning about this place concerns the part; absent: where what comes from there is of it. */
  readonly isNear?: Part['isOf'];
}

const isOfNode: Part['isOf'] = (source, { node }) => node === undefined || source.node === node;
const isOfGuest: Part['isOf'] = (source, { vmid }) => vmid === undefined || source.vmid === vmid;

/** The keys are the stages whose parts they are. */
const parts = {
  'node-interfaces': { stage: nodeInterfacesStage, isOf: isOfNode },
  // A storage that is not shared has one name on every node: what is on the others under this name is done as well.
  backups: {
    stage: backupsStage,
    requireStorage,
    isOf: isOfGuest,
    isNear: (source, query) => isOfNode(source, query) && isOfGuest(source, query),
    fits: ({ kind, label }, { storage = '' }) => kind === 'backup' && label.startsWith(`${storage}:`),
  },
  snapshots: {
    stage: snapshotsStage,
    readsChosenGuests: true,
    isOf: (source, query) => isOfNode(source, query) && isOfGuest(source, query),
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/**
 * The stage, of which the part alone is done: what it would delete stays, since a part proves nothing gone. The stage fails
 * with `not_found` (404) where Proxmox has no such node or storage, and with `invalid_request` (422) where two clusters have
 * a node of the name and none is chosen.
 */
export function partOf(name: PartName, query: PartQuery): Stage {
  const part: Part = parts[name];
  return { ...part.stage, isPortioned: false, prepare: (run) => preparePart(part, query, run) };
}

/** The device of a node and what hangs on it. */
export function nodeJob(query: Pick<PartQuery, 'clusterName' | 'node'>): StageJob {
  const interfaces = partOf('node-interfaces', { ...query, storage: undefined, vmid: undefined });
  return { stage: devicesStage, followUps: () => [interfaces] };
}

async function preparePart(part: Part, query: PartQuery, run: RunContext): Promise<PreparedStage> {
  const { stage, readsChosenGuests } = part;
  const clusters = clustersOf(run, query);
  await part.requireStorage?.(run, clusters, query);
  const chosen: Pick<RunContext, 'guestFilter'> =
    readsChosenGuests === true ? { guestFilter: ({ resource }) => part.isOf(resource, query) } : {};
  const whole = await planWhole(stage, { ...run, clusters, ...chosen });
  const plan = onlyPart(whole, part, query);
  const items = plan.changes.map(objectOf).filter(({ kind }) => stage.kinds.includes(kind));
  return {
    plans: [plan],
    noun: kinds[stage.kinds[0]].noun,
    items: items.map(({ label, kind }) => ({ name: label, item_type: kind })),
    ...(whole.remember === undefined ? {} : { remember: whole.remember }),
  };
}

function clustersOf({ clusters }: RunContext, { clusterName, node }: PartQuery): readonly ConnectedCluster[] {
  const named = clusters.filter(
    ({ view }) => clusterName === undefined || isCalled(clusterName, view.name, view.owner.endpointName),
  );
  if (named.length === 0 && clusterName !== undefined) {
    const known = nameList(clusters.map(({ view }) => view.name));
    throw new ProxboxError(
      'not_found',
      `No Proxmox cluster of this run is called "${clusterName}". There are: ${known}.`,
    );
  }
  if (node === undefined) return named;
  const having = named.filter(({ view }) => view.nodes.some(({ name }) => name === node));
  if (having.length === 1) return having;
  const names = nameList((having.length === 0 ? named : having).map(({ view }) => view.name));
  if (having.length === 0) throw new ProxboxError('not_found', `No node is called "${node}" in: ${names}.`);
  throw new ProxboxError(
    'invalid_request',
    `A node is called "${node}" in several clusters: ${names}. Choose one with cluster_name or proxmox_endpoint_ids.`,
  );
}

async function requireStorage(
  run: RunContext,
  clusters: readonly ConnectedCluster[],
  { node = '', storage = '' }: PartQuery,
): Promise<void> {
  for (const cluster of clusters) {
    const storages = await readFromCluster(run, cluster, (session) => readStorages(session, { signal: run.signal }));
    const found = storages.find(({ name }) => name === storage);
    if (found !== undefined && isStorageOnNode(found, node)) continue;
    const there = nameList(storages.filter((one) => isStorageOnNode(one, node)).map(({ name }) => name));
    throw new ProxboxError(
      'not_found',
      `Node "${node}" of cluster "${cluster.view.name}" has no storage "${storage}". It has: ${there}.`,
    );
  }
}

/** Of warnings those stay that are about the part, or about no place at all. */
function onlyPart(whole: Plan, { isOf, fits, isNear = isOf }: Part, query: PartQuery): Plan {
  const isInside = (object: PlannedObject): boolean =>
    isOf(object.source ?? {}, query) && (fits === undefined || fits(object, query));
  const plan = onlyObjects(whole, findChanges(whole, isInside));
  const discovered = new Map<ObjectKind, number>();
  for (const { kind } of plan.changes.filter(({ action }) => action !== 'delete').map(objectOf))
    discovered.set(kind, (discovered.get(kind) ?? 0) + 1);
  const concerns = ({ source }: Warning): boolean =>
    source === undefined || (source.node === undefined && source.vmid === undefined) || isNear(source, query);
  return { ...plan, discovered, warnings: plan.warnings.filter(concerns) };
}
