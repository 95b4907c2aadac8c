import { generateGuest, seatRandom } from './generate-guest.js';
import { generateTasks, makeNode } from './generate-node.js';
import { generateStorages } from './generate-storage.js';
import type { GuestShape } from './guest-shape.js';
import { firstRootCa, numbered } from './numbering.js';
import { createRandom } from './random.js';
import type { Estate, EstateCluster, EstateGuest, EstateNode, PveProfile, PveRow } from './types.js';

/** 2026-05-01T00:00:00Z: a fixed moment, so that equal options give equal bytes on every day. */
export const DEFAULT_EPOCH_S = 1_777_593_600;

export interface EstateOptions {
  /** Guests in all, dealt evenly to the clusters. */
  readonly vms: number;
  readonly clusters?: number;
  /** Default: one node per 100 guests, at least two. */
  readonly nodesPerCluster?: number;
  readonly seed?: number;
  /** One per cluster, repeated when there are more clusters. Default `8.4`, `9.1`, `9.2`. */
  readonly profile?: readonly PveProfile[];
  /** The estate's "now", epoch seconds. */
  readonly epochS?: number;
  /** Exact numbers per guest instead of seeded ones. */
  readonly guest?: GuestShape;
}

const CLUSTER_NAMES = ['lab', 'edge', 'north', 'south', 'east', 'west'];
const ROLES = ['web', 'db', 'mail', 'proxy', 'build', 'cache', 'dns', 'git', 'files', 'monitor'] as const;
const PROFILES: readonly PveProfile[] = ['8.4', '9.1', '9.2'];

/**
 * Makes a seeded estate. On purpose, clusters share VMIDs (each counts from 100), the node name `pve1` and many guest
 * names; within one cluster names are unique. Tasks, backups and agent answers are built when first read.
 */
export function createEstate(options: EstateOptions): Estate {
  const epochS = options.epochS ?? DEFAULT_EPOCH_S;
  const clusterCount = options.clusters ?? 2;
  const clusters: EstateCluster[] = [];
  let firstIndex = 0;
  for (let n = 0; n < clusterCount; n += 1) {
    const share = Math.floor(options.vms / clusterCount) + (n < options.vms % clusterCount ? 1 : 0);
    clusters.push(generateCluster({ ...options, n, share, firstIndex, epochS }));
    firstIndex += share;
  }
  return { epochS, clusters };
}

interface ClusterDraft extends EstateOptions {
  readonly n: number;
  readonly share: number;
  readonly firstIndex: number;
  readonly epochS: number;
}

function generateCluster(draft: ClusterDraft): EstateCluster {
  const name = CLUSTER_NAMES[draft.n] ?? numbered('cluster', draft.n + 1);
  const shape = draft.guest ?? {};
  const nodeCount = draft.nodesPerCluster ?? Math.max(2, Math.ceil(draft.share / 100));
  const nodeNames = Array.from({ length: nodeCount }, (_, n) =>
    n === 0 || draft.n === 0 ? numbered('pve', n + 1) : numbered(`${name}-pve`, n + 1),
  );
  const guests = generateGuests(draft, nodeNames, shape);
  const profiles = draft.profile !== undefined && draft.profile.length > 0 ? draft.profile : PROFILES;
  const nodes = nodeNames.map((node, n) =>
    makeNode({
      name: node,
      nodeid: n + 1,
      address: `172.${16 + draft.n}.0.${n + 1}`,
      epochS: draft.epochS,
      tasks: () =>
        generateTasks({
          node,
          guests: guests.filter((_guest, position) => position % nodeCount === n),
          perGuest: shape.tasks ?? 3,
          epochS: draft.epochS,
          cluster: draft.n,
        }),
    }),
  );
  const profile = profiles[draft.n % profiles.length] ?? '8.4';
  return {
    name,
    standalone: false,
    rootCa: firstRootCa(name, nodes),
    profile,
    nodes,
    guests: new Map(guests.map((guest) => [guest.vmid, guest])),
    storages: generateStorages({
      cluster: name,
      guests,
      nodes: nodeNames,
      epochS: draft.epochS,
      shape,
      random: createRandom((draft.seed ?? 1) + draft.n),
    }),
    backupJobs: generateBackupJobs(profile),
    replicationJobs: generateReplication(guests, nodeNames),
    ha: generateHa(guests, nodes),
    options: {
      keyboard: 'en-us',
      'tag-style':
        profile === '8.4'
          ? 'case-sensitive=1,color-map=prod:ff0000:ffffff;db:0af,ordering=config'
          : { 'case-sensitive': 1, 'color-map': 'prod:ff0000:ffffff;db:0af', ordering: 'config' },
    },
  };
}

function generateGuests(draft: ClusterDraft, nodes: readonly string[], shape: GuestShape): EstateGuest[] {
  const counters = new Map<string, number>();
  return Array.from({ length: draft.share }, (_, n) => {
    const index = draft.firstIndex + n;
    const random = seatRandom(draft.seed ?? 1, index);
    const role = random.pick(ROLES);
    const serial = (counters.get(role) ?? 0) + 1;
    counters.set(role, serial);
    return generateGuest(
      {
        index,
        vmid: 100 + n,
        node: nodes[n % nodes.length] ?? 'pve1',
        name: `${role}-${String(serial).padStart(2, '0')}`,
        role,
        epochS: draft.epochS,
        diskStorages: ['local-lvm', 'local-lvm', 'ceph'],
        shape,
      },
      random,
    );
  });
}

function generateBackupJobs(profile: PveProfile): PveRow[] {
  return [
    {
      id: 'backup-nightly',
      type: 'vzdump',
      enabled: 1,
      schedule: '02:00',
      all: 1,
      mode: 'snapshot',
      storage: 'pbs',
      compress: 'zstd',
      comment: 'every night',
      'notes-template': '{{guestname}}',
      'prune-backups': profile === '8.4' ? 'keep-daily=7,keep-last=3' : { 'keep-daily': '7', 'keep-last': '3' },
      'next-run': 1_777_600_800,
    },
    {
      id: 'backup-weekly',
      type: 'vzdump',
      enabled: 0,
      schedule: 'sun 03:00',
      vmid: '100,101',
      mode: 'stop',
      storage: 'local',
    },
  ];
}

function generateReplication(guests: readonly EstateGuest[], nodes: readonly string[]): PveRow[] {
  return guests
    .filter((guest) => guest.vmid % 25 === 0 && !guest.template)
    .flatMap((guest) => {
      const target = nodes.find((node) => node !== guest.node);
      if (target === undefined) return [];
      const id = `${guest.vmid}-0`;
      return [{ id, type: 'local', guest: guest.vmid, jobnum: 0, source: guest.node, target, schedule: '*/15' }];
    });
}

function generateHa(guests: readonly EstateGuest[], nodes: readonly EstateNode[]): EstateCluster['ha'] {
  const members = guests.filter((guest) => guest.vmid % 20 === 0 && !guest.template);
  const sids = members.map((guest) => `${guest.type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`);
  const nodeList = nodes.map((node) => node.name).join(',');
  return {
    resources: sids.map((sid) => ({
      sid,
      type: sid.slice(0, 2),
      state: 'started',
      group: 'all-nodes',
      max_relocate: 1,
      max_restart: 1,
    })),
    groups: [{ group: 'all-nodes', type: 'group', nodes: nodeList, restricted: 0, nofailback: 0 }],
    rules: [{ rule: 'all-nodes', type: 'node-affinity', nodes: nodeList, resources: sids.join(','), strict: 0 }],
  };
}
