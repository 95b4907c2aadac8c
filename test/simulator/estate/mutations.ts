/**
 * Changes to an estate, as an operator of Proxmox would make them. Each acts at once; the simulator serves the new
 * state with the next request. An unknown VMID, node or disk is a mistake in the test and throws.
 */
import type { GuestDraft } from './make-guest.js';
import { makeGuest } from './make-guest.js';
import { uuidOf } from './numbering.js';
import type { EstateCluster, EstateFirewall, EstateGuest, EstateNode, EstateSnapshot, GuestStatus } from './types.js';

export type { GuestDraft } from './make-guest.js';

export function addGuest(cluster: EstateCluster, draft: GuestDraft): EstateGuest {
  if (cluster.guests.has(draft.vmid)) throw new Error(`${cluster.name} already has a guest ${draft.vmid}`);
  requireNode(cluster, draft.node);
  const guest = makeGuest(Math.max(...cluster.nodes.map((node) => node.startedAtS)), draft);
  cluster.guests.set(guest.vmid, guest);
  return guest;
}

/** Removes the guest with its images and its firewall; its backups stay, as they do on a real cluster. */
export function removeGuest(cluster: EstateCluster, vmid: number): void {
  requireGuest(cluster, vmid);
  cluster.guests.delete(vmid);
  cluster.firewalls?.delete(`guests/${vmid}`);
}

export function renameGuest(cluster: EstateCluster, vmid: number, name: string): void {
  requireGuest(cluster, vmid).name = name;
}

export function migrateGuest(cluster: EstateCluster, vmid: number, node: string): void {
  requireNode(cluster, node);
  requireGuest(cluster, vmid).node = node;
}

export function setStatus(cluster: EstateCluster, vmid: number, status: GuestStatus): void {
  requireGuest(cluster, vmid).status = status;
}

export function setTags(cluster: EstateCluster, vmid: number, tags: string): void {
  requireGuest(cluster, vmid).tags = tags;
}

/** Sets or, with null, removes one configuration key (`net1`, `ciuser`, `onboot`, ...). */
export function setConfig(cluster: EstateCluster, vmid: number, key: string, value: string | number | null): void {
  const { config } = requireGuest(cluster, vmid);
  if (value === null) Reflect.deleteProperty(config, key);
  else config[key] = value;
}

/** `size` as Proxmox writes it, e.g. `40G`. */
export function resizeDisk(cluster: EstateCluster, vmid: number, disk: string, size: string): void {
  const { config } = requireGuest(cluster, vmid);
  const value = config[disk];
  if (typeof value !== 'string' || !/(^|,)size=/.test(value)) {
    throw new Error(`guest ${vmid} of ${cluster.name} has no disk ${disk} with a size`);
  }
  config[disk] = value.replace(/(^|,)size=[^,]*/, `$1size=${size}`);
}

export function addSnapshot(cluster: EstateCluster, vmid: number, snapshot: EstateSnapshot): void {
  const guest = requireGuest(cluster, vmid);
  if (guest.snapshots === 'unsupported') throw new Error(`guest ${vmid} of ${cluster.name} cannot have snapshots`);
  guest.snapshots.push(snapshot);
}

/** Replaces what the guest agent reports; a getter of a generated guest is replaced too. */
export function setAgent(cluster: EstateCluster, vmid: number, agent: Partial<EstateGuest['agent']>): void {
  const guest = requireGuest(cluster, vmid);
  const interfaces = agent.interfaces ?? guest.agent.interfaces;
  guest.agent = { ...guest.agent, ...agent, interfaces };
}

export function renameCluster(cluster: EstateCluster, name: string): void {
  cluster.name = name;
}

/** A new root certificate: the cluster was installed again, or the certificate was renewed. */
export function renewRootCa(cluster: EstateCluster): void {
  cluster.rootCa = uuidOf(`renewed ${cluster.rootCa ?? cluster.name}`);
}

/** Nothing tells the identity any more: the list of certificates lacks the root certificate. */
export function hideRootCa(cluster: EstateCluster): void {
  cluster.rootCa = null;
}

/** `copy` was made from an image of `original`. */
export function cloneRootCa(original: EstateCluster, copy: EstateCluster): void {
  copy.rootCa = original.rootCa;
}

/**
 * The host becomes a node of the cluster and brings its guests along; its API answers as the cluster's does. Name and
 * address of the node stay, root certificate and storages become the cluster's. VMIDs must differ, as Proxmox demands.
 */
export function joinCluster(host: EstateCluster, cluster: EstateCluster): void {
  const [node] = host.nodes;
  if (!host.standalone || node === undefined) throw new Error(`${host.name} is no standalone host`);
  node.nodeid = Math.max(...cluster.nodes.map(({ nodeid }) => nodeid)) + 1;
  cluster.nodes.push(node);
  for (const [vmid, guest] of host.guests) {
    if (cluster.guests.has(vmid)) throw new Error(`${cluster.name} already has a guest ${vmid}`);
    cluster.guests.set(vmid, guest);
  }
  // What the simulator of the host serves is from now on the same objects.
  Object.assign(host, cluster);
}

export function setNodeOnline(cluster: EstateCluster, node: string, online: boolean): void {
  requireNode(cluster, node).online = online;
}

/** The firewall of a place, made empty when there is none yet: `cluster`, `nodes/pve1`, `guests/100`, `vnets/office`. */
export function firewallAt(cluster: EstateCluster, place: string): EstateFirewall {
  const firewalls = (cluster.firewalls ??= new Map<string, EstateFirewall>());
  const known = firewalls.get(place) ?? { rules: [], aliases: [], ipsets: [], groups: [], options: {} };
  firewalls.set(place, known);
  return known;
}

/** The status daemon of a node that is online stops reporting, or reports again. */
export function setNodeStalled(cluster: EstateCluster, node: string, isStalled: boolean): void {
  requireNode(cluster, node).isStalled = isStalled;
}

function requireGuest(cluster: EstateCluster, vmid: number): EstateGuest {
  const guest = cluster.guests.get(vmid);
  if (guest === undefined) throw new Error(`${cluster.name} has no guest ${vmid}`);
  return guest;
}

function requireNode(cluster: EstateCluster, name: string): EstateNode {
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`${cluster.name} has no node ${name}`);
  return node;
}
