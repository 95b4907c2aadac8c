/**
 * Which privilege each read needs on which ACL path, by major release, and what is missing without it: the one place that
 * knows. Docs, hints of the sync and the diagnosis are made from it. Source: the permissions in the API description of
 * Proxmox VE 8 and 9, and `check_volume_access` of its storage library for backups.
 */
import type { Permissions } from './parse/permissions.js';

/** 9 stands for later releases too. */
export type Major = 8 | 9;

/** The ACL path itself, or the root of the paths of single nodes, pools, bridges, storages and guests. */
export type AclRoot = '/' | '/nodes' | '/pool' | '/sdn' | '/sdn/zones/localnetwork' | '/storage' | '/vms';

export type ReadName =
  | 'version'
  | 'cluster_status'
  | 'root_certificate'
  | 'nodes'
  | 'node_time'
  | 'node_network'
  | 'bridges'
  | 'sdn'
  | 'tasks'
  | 'guests'
  | 'pools'
  | 'guest_config'
  | 'snapshots'
  | 'container_interfaces'
  | 'guest_agent'
  | 'storages'
  | 'storage_content'
  | 'backups'
  | 'backup_jobs'
  | 'replication_jobs'
  | 'high_availability'
  | 'firewall'
  | 'node_firewall'
  | 'guest_firewall'
  | 'cluster_options';

interface Grant {
  readonly on: AclRoot;
  /** Any one of them is enough; the first is the one of the documented role. */
  readonly anyOf: Readonly<Record<Major, readonly [string, ...string[]]>>;
}

export interface ReadNeed {
  readonly read: ReadName;
  /** Below `/api2/json/`. */
  readonly path: string;
  /** All of them are needed; none: every account may. */
  readonly grants: readonly Grant[];
  /** Does in place of all of them. */
  readonly instead?: { readonly on: AclRoot; readonly privilege: string };
  /** What Proxmox does without: 403, or an answer that leaves things out without a word. */
  readonly denial: 'refused' | 'left out';
  /** What is missing then, mostly in NetBox. */
  readonly without: string;
  /** `backups` is more than reading, so it is no part of the read-only role. */
  readonly role: 'reader' | 'backups';
  /** Part of the role, but without it less is known, and nothing fails: roles from before it was added go on. */
  readonly isOptional: boolean;
}

/** The role of the documentation. */
export const readerRole = 'NetBoxReadOnly';

const onBoth = (on: AclRoot, ...anyOf: [string, ...string[]]): Grant => ({ on, anyOf: { 8: anyOf, 9: anyOf } });
const sysAudit = (on: '/' | '/nodes'): Grant => onBoth(on, 'Sys.Audit');
const vmAudit = onBoth('/vms', 'VM.Audit');
const storageAudit = onBoth('/storage', 'Datastore.Audit', 'Datastore.AllocateSpace');

/** 9 took `VM.Monitor` away and brought `VM.GuestAgent.*`; neither release accepts the other's name in a role. */
const agent: Grant = {
  on: '/vms',
  anyOf: { 8: ['VM.Monitor'], 9: ['VM.GuestAgent.Audit', 'VM.GuestAgent.Unrestricted'] },
};

const reader = (
  read: ReadName,
  path: string,
  grants: readonly Grant[],
  { denial, without }: Pick<ReadNeed, 'denial' | 'without'>,
): ReadNeed => ({ read, path, grants, denial, without, role: 'reader', isOptional: false });
const refused = (without: string) => ({ denial: 'refused', without }) as const;
const leftOut = (without: string) => ({ denial: 'left out', without }) as const;

export const readNeeds: readonly ReadNeed[] = [
  reader('version', 'version', [], refused('the connection')),
  reader('cluster_status', 'cluster/status', [sysAudit('/')], refused('everything: no sync uses the endpoint')),
  reader(
    'root_certificate',
    'nodes/{node}/certificates/info',
    [],
    refused('what tells clusters apart; the addresses of their nodes do in its place'),
  ),
  reader('nodes', 'nodes', [sysAudit('/nodes')], leftOut('CPU, memory and disk figures of nodes on the pages')),
  reader('node_time', 'nodes/{node}/time', [sysAudit('/nodes')], refused('clock and time zone of nodes on the pages')),
  reader('node_network', 'nodes/{node}/network', [], refused('interfaces of devices')),
  {
    // A bridge is an object of SDN, whether SDN is used or not: of the whole list only the bridges are left out.
    ...reader(
      'bridges',
      'nodes/{node}/network?type=any_bridge',
      [onBoth('/sdn/zones/localnetwork', 'SDN.Audit', 'SDN.Use')],
      leftOut('bridges of nodes, and the management addresses on them; stored ones stay'),
    ),
    isOptional: true,
  },
  {
    // Each zone, VNet, controller and fabric has a path of its own below.
    ...reader(
      'sdn',
      'cluster/sdn/zones',
      [onBoth('/sdn', 'SDN.Audit', 'SDN.Allocate')],
      leftOut('zones, VNets, subnets and controllers of software-defined networks; stored ones stay'),
    ),
    isOptional: true,
  },
  reader('tasks', 'nodes/{node}/tasks', [sysAudit('/nodes')], leftOut('task history, except own tasks')),
  reader(
    'guests',
    'cluster/resources?type=vm',
    [vmAudit],
    leftOut('virtual machines and containers, and all that belongs to them'),
  ),
  {
    // Without it guests are listed without the pool that they are in.
    ...reader(
      'pools',
      'pools',
      [onBoth('/pool', 'Pool.Audit')],
      leftOut('pools on the pages, and which guests a backup job over a pool takes; stored ones stay'),
    ),
    isOptional: true,
  },
  reader(
    'guest_config',
    'nodes/{node}/{type}/{vmid}/config',
    [vmAudit],
    refused('virtual machines, their disks and interfaces'),
  ),
  reader('snapshots', 'nodes/{node}/{type}/{vmid}/snapshot', [vmAudit], refused('snapshots')),
  reader(
    'container_interfaces',
    'nodes/{node}/lxc/{vmid}/interfaces',
    [vmAudit],
    refused('IP addresses that containers got by DHCP'),
  ),
  reader(
    'guest_agent',
    'nodes/{node}/qemu/{vmid}/agent/network-get-interfaces',
    [agent],
    refused('IP addresses and DNS names of QEMU machines'),
  ),
  reader('storages', 'storage', [storageAudit], leftOut('storages')),
  reader(
    'storage_content',
    'nodes/{node}/storage/{storage}/content',
    [storageAudit],
    refused('backups, and volumes on the pages'),
  ),
  {
    read: 'backups',
    path: 'nodes/{node}/storage/{storage}/content?content=backup',
    grants: [onBoth('/storage', 'Datastore.AllocateSpace'), onBoth('/vms', 'VM.Backup')],
    instead: { on: '/storage', privilege: 'Datastore.Allocate' },
    denial: 'left out',
    without: 'backups of guests; stored ones are then never deleted',
    role: 'backups',
    isOptional: true,
  },
  reader('backup_jobs', 'cluster/backup', [sysAudit('/')], refused('backup routines')),
  reader('replication_jobs', 'cluster/replication', [vmAudit], leftOut('replications')),
  reader('high_availability', 'cluster/ha/resources', [sysAudit('/')], refused('the pages about high availability')),
  reader('firewall', 'cluster/firewall/rules', [sysAudit('/')], refused('the firewall pages')),
  reader('node_firewall', 'nodes/{node}/firewall/rules', [sysAudit('/nodes')], refused('firewall rules of nodes')),
  reader(
    'guest_firewall',
    'nodes/{node}/{type}/{vmid}/firewall/rules',
    [vmAudit],
    refused('the firewall of guests on their pages'),
  ),
  reader('cluster_options', 'cluster/options', [], refused('colours of tags')),
];

export function majorOf(release: string): Major {
  return Number.parseInt(release, 10) >= 9 ? 9 : 8;
}

export interface RequiredPrivilege {
  readonly privilege: string;
  /** Others that do as well. */
  readonly alternatives: readonly string[];
  readonly on: AclRoot;
  readonly role: ReadNeed['role'];
  readonly needs: readonly ReadNeed[];
}

/** Each privilege on each path once, with the reads that need it. */
export function requiredPrivileges(major: Major): readonly RequiredPrivilege[] {
  const required = new Map<string, RequiredPrivilege>();
  for (const need of readNeeds) {
    for (const { on, anyOf } of need.grants) {
      const [privilege, ...alternatives] = anyOf[major];
      const key = `${need.role} ${privilege} ${on}`;
      const needs = [...(required.get(key)?.needs ?? []), need];
      required.set(key, { privilege, alternatives, on, role: need.role, needs });
    }
  }
  return [...required.values()];
}

/** What the role for readers holds on that release, sorted. */
export function readerPrivileges(major: Major): readonly string[] {
  const names = requiredPrivileges(major).flatMap(({ role, privilege }) => (role === 'reader' ? [privilege] : []));
  return [...new Set(names)].sort();
}

/** The privilege that reads the guest agent. */
export function agentPrivilege(release: string): string {
  return agent.anyOf[majorOf(release)][0];
}

export interface NeededGrant {
  readonly privilege: string;
  /** ACL path. */
  readonly on: string;
}

/** What the read needs on that release; empty: every account may. */
export function grantsOf(read: ReadName, release: string): readonly NeededGrant[] {
  const grants = readNeeds.find((need) => need.read === read)?.grants ?? [];
  return grants.map(({ on, anyOf }) => ({ privilege: anyOf[majorOf(release)][0], on }));
}

/** Any one of them lets an account read this, for reads that one grant is enough for. */
export function privilegesFor(read: ReadName, release: string): readonly string[] {
  const grants = readNeeds.find((need) => need.read === read)?.grants ?? [];
  return grants.flatMap(({ anyOf }) => anyOf[majorOf(release)]);
}

/** `Datastore.AllocateSpace on /storage, VM.Backup on /vms`. */
export function placesText(grants: readonly NeededGrant[]): string {
  return grants.map(({ privilege, on }) => `${privilege} on ${on}`).join(', ');
}

export function holdsAny(permissions: Permissions, aclPath: string, privileges: readonly string[]): boolean {
  return privileges.some((privilege) => permissions.has(aclPath, privilege));
}

/**
 * What is missing to see every backup on a storage, as far as the tree of all permissions tells: `NoAccess` on a path below
 * does not stand in it, so this is for hints. Proxmox leaves out, without an error, backups that the account may not see.
 */
export function missingBackupPrivileges(permissions: Permissions, storage: string): readonly string[] {
  const onStorage = `/storage/${storage}`;
  if (permissions.has(onStorage, 'Datastore.Allocate')) return [];
  const missing: string[] = [];
  if (!permissions.has(onStorage, 'Datastore.AllocateSpace')) missing.push('Datastore.AllocateSpace');
  if (!permissions.has('/vms', 'VM.Backup')) missing.push('VM.Backup');
  return missing;
}
