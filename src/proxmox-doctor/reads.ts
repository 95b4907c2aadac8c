/** One read of each kind, on objects that can answer: an online node, a guest on it, a running guest with its agent. */
import { toProxboxError, type ProxboxError } from '../errors/proxbox-error.js';
import { reasonText } from '../proxmox/failures.js';
import { path } from '../proxmox/host.js';
import { parseGuestConfig } from '../proxmox/parse/guest-config.js';
import { isStorageOnNode, type Storage } from '../proxmox/parse/storages.js';
import { readNeeds, type ReadName } from '../proxmox/privileges.js';
import { asItRuns } from '../proxmox/reads/as-it-runs.js';
import { readAgentInterfaces } from '../proxmox/reads/agent.js';
import { readStorages as listStorages } from '../proxmox/reads/storage.js';
import type { ClusterStatus, GuestResource, ListedResource, ProxmoxSession, ReadOptions } from '../proxmox/types.js';
import type { ReadFinding } from './types.js';

interface Reading {
  readonly session: ProxmoxSession;
  /** That answers; null when Proxmox did not tell of any. */
  readonly node: string | null;
  readonly agentMs: number;
}

/** So many guests are looked at to find one with an agent. */
const maxCandidates = 5;

export async function tryReads(
  session: ProxmoxSession,
  status: ClusterStatus,
  agentMs: number,
): Promise<readonly ReadFinding[]> {
  const online = status.nodes.filter((node) => node.online);
  const node = (online.find(({ local }) => local) ?? online[0])?.name ?? null;
  const reading: Reading = { session, node, agentMs };
  const isReachable = (name: string): boolean => online.length === 0 || online.some((one) => one.name === name);
  const [ofCluster, ofNode, ofGuests, ofStorages] = await Promise.all([
    readCluster(reading, status),
    readNode(reading),
    readGuests(reading, isReachable),
    readStorages(reading),
  ]);
  const findings = [...ofCluster, ...ofNode, ...ofGuests, ...ofStorages];
  const order = readNeeds.map(({ read }) => read);
  return findings.sort((left, right) => order.indexOf(left.read) - order.indexOf(right.read));
}

/** Version and cluster status were read when the session was opened. */
async function readCluster({ session }: Reading, status: ClusterStatus): Promise<readonly ReadFinding[]> {
  const { version, mode } = session;
  const statusRead: ReadFinding =
    mode === 'restricted'
      ? { read: 'cluster_status', path: 'cluster/status', outcome: 'refused', detail: 'HTTP 403' }
      : { read: 'cluster_status', path: 'cluster/status', outcome: 'answered', detail: countText(status.nodes.length) };
  const others = await Promise.all([
    ask('nodes', 'nodes', session),
    ask('backup_jobs', 'cluster/backup', session),
    ask('replication_jobs', 'cluster/replication', session),
    ask('high_availability', 'cluster/ha/resources', session),
    ask('firewall', 'cluster/firewall/rules', session),
    ask('pools', 'pools', session),
    ask('sdn', 'cluster/sdn/zones', session),
    ask('cluster_options', 'cluster/options', session),
  ]);
  return [{ read: 'version', path: 'version', outcome: 'answered', detail: version.version }, statusRead, ...others];
}

async function readNode({ session, node }: Reading): Promise<readonly ReadFinding[]> {
  const reads = ['node_time', 'node_network', 'bridges', 'tasks', 'node_firewall'] as const;
  if (node === null) return reads.map((read) => notTried(read, 'no node is known to be online'));
  return Promise.all([
    ask('node_time', path`nodes/${node}/time`, session),
    ask('node_network', path`nodes/${node}/network`, session),
    askFor('type=any_bridge', 'bridges', path`nodes/${node}/network`, session),
    ask('tasks', path`nodes/${node}/tasks`, session, { query: { source: 'archive', limit: 1 } }),
    ask('node_firewall', path`nodes/${node}/firewall/rules`, session),
  ]);
}

async function readGuests(reading: Reading, isReachable: (node: string) => boolean): Promise<readonly ReadFinding[]> {
  const { session } = reading;
  const listing = 'cluster/resources?type=vm';
  let guests: readonly ListedResource[];
  try {
    guests = await session.guests();
  } catch (error) {
    const rest = ['guest_config', 'snapshots', 'container_interfaces', 'guest_agent', 'guest_firewall'] as const;
    return [
      failed('guests', listing, toProxboxError(error)),
      ...rest.map((read) => notTried(read, 'no guest is known')),
    ];
  }
  const reachable = guests.filter(({ node }) => isReachable(node));
  const described = reachable.flatMap((one) => (one.isDescribed ? [one] : []));
  const listed: ReadFinding = { read: 'guests', path: listing, outcome: 'answered', detail: countText(guests.length) };
  const [guest] = reachable;
  const ofOne = await Promise.all([
    guest === undefined
      ? notTried('guest_config', 'no guest is seen')
      : ask('guest_config', path`nodes/${guest.node}/${guest.type}/${guest.vmid}/config`, session, { query: asItRuns }),
    guest === undefined
      ? notTried('snapshots', 'no guest is seen')
      : ask('snapshots', path`nodes/${guest.node}/${guest.type}/${guest.vmid}/snapshot`, session),
    guest === undefined
      ? notTried('guest_firewall', 'no guest is seen')
      : ask('guest_firewall', path`nodes/${guest.node}/${guest.type}/${guest.vmid}/firewall/rules`, session),
    readContainer(session, described),
    readAgent(reading, described),
  ]);
  return [listed, ...ofOne];
}

async function readContainer(session: ProxmoxSession, guests: readonly GuestResource[]): Promise<ReadFinding> {
  const container = guests.find(({ type, status }) => type === 'lxc' && status === 'running');
  if (container === undefined) return notTried('container_interfaces', 'no running container is seen');
  return ask('container_interfaces', path`nodes/${container.node}/lxc/${container.vmid}/interfaces`, session);
}

/** Proxmox checks the privilege before it looks at the agent, so that an agent that is silent proves it as well. */
async function readAgent({ session, agentMs }: Reading, guests: readonly GuestResource[]): Promise<ReadFinding> {
  const running = guests.filter(({ type, status, template }) => type === 'qemu' && status === 'running' && !template);
  for (const guest of running.slice(0, maxCandidates)) {
    const below = path`nodes/${guest.node}/qemu/${guest.vmid}/agent/network-get-interfaces`;
    try {
      if (!parseGuestConfig(await session.guestConfig(guest)).agent) continue;
      const answer = await readAgentInterfaces(session, guest, { timeoutMs: agentMs });
      if (answer.status === 'answered')
        return { read: 'guest_agent', path: below, outcome: 'answered', detail: countText(answer.value.length) };
      const { code, message } = answer.problem;
      const outcome = code === 'privilege_missing' ? 'refused' : 'answered';
      return { read: 'guest_agent', path: below, outcome, detail: message };
    } catch (error) {
      return failed('guest_agent', below, toProxboxError(error));
    }
  }
  return notTried('guest_agent', 'no running QEMU machine with its agent enabled is seen');
}

async function readStorages({ session, node }: Reading): Promise<readonly ReadFinding[]> {
  let storages: readonly Storage[];
  try {
    storages = await listStorages(session);
  } catch (error) {
    const rest = ['storage_content', 'backups'] as const;
    return [
      failed('storages', 'storage', toProxboxError(error)),
      ...rest.map((read) => notTried(read, 'no storage is known')),
    ];
  }
  const listed: ReadFinding = {
    read: 'storages',
    path: 'storage',
    outcome: 'answered',
    detail: countText(storages.length),
  };
  const usable = storages.filter((one) => one.enabled && node !== null && isStorageOnNode(one, node));
  const holdsBackups = ({ contentKinds }: Storage): boolean => contentKinds.includes('backup');
  const storage = usable.find(holdsBackups) ?? usable[0];
  if (storage === undefined || node === null) {
    const rest = ['storage_content', 'backups'] as const;
    return [listed, ...rest.map((read) => notTried(read, 'no storage of an online node is seen'))];
  }
  const isBackup = holdsBackups(storage);
  return [
    listed,
    await ask('storage_content', path`nodes/${node}/storage/${storage.name}/content`, session),
    isBackup
      ? await askFor('content=backup', 'backups', path`nodes/${node}/storage/${storage.name}/content`, session)
      : notTried('backups', 'no storage for backups is seen on an online node'),
  ];
}

/** With the query that tells the read from another one of the same path. */
async function askFor(query: string, read: ReadName, below: string, session: ProxmoxSession): Promise<ReadFinding> {
  const finding = await ask(read, below, session, { query: Object.fromEntries(new URLSearchParams(query)) });
  return { ...finding, path: `${below}?${query}` };
}

async function ask(
  read: ReadName,
  below: string,
  session: ProxmoxSession,
  options?: ReadOptions,
): Promise<ReadFinding> {
  try {
    const data = await session.get(below, options);
    return { read, path: below, outcome: 'answered', detail: Array.isArray(data) ? countText(data.length) : '' };
  } catch (error) {
    return failed(read, below, toProxboxError(error));
  }
}

function failed(read: ReadName, below: string, error: ProxboxError): ReadFinding {
  if (error.code === 'cancelled') throw error;
  const outcome = error.code === 'proxmox_forbidden' ? 'refused' : 'failed';
  return { read, path: below, outcome, detail: reasonText(error), error };
}

function notTried(read: ReadName, why: string): ReadFinding {
  const below = readNeeds.find((need) => need.read === read)?.path ?? '';
  return { read, path: below, outcome: 'not_tried', detail: why };
}

function countText(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}
