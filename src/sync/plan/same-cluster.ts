/**
 * Whether two endpoints lead to one Proxmox cluster: the only place that decides it. Names do not identify (the installer
 * proposes `pve`); the root certificate does, as long as no image was cloned, and the addresses of nodes tell clones apart.
 * Pure.
 */
import type { SessionMode } from '../../proxmox/types.js';

/** What an endpoint leads to, as it said itself. */
export interface Installation {
  /** See `ProxmoxSession.rootCertificate`. */
  readonly identity: string | null;
  readonly mode: SessionMode;
  /** Of the cluster, or of the standalone node. */
  readonly name: string;
  /** Nodes with their addresses in `cluster/status`; '' where Proxmox does not tell it. */
  readonly nodes: readonly { readonly name: string; readonly ip: string }[];
}

/**
 * `unverified`: they look like one and may be two, or the other way round. `unknown`: the same, and nothing speaks against
 * their being one.
 */
export type Sameness = 'same' | 'other' | 'unverified' | 'unknown';

/** Two endpoints that were asked at about the same time. */
export function sameness(a: Installation, b: Installation): Sameness {
  if (a.identity === null || b.identity === null) return samenessByPlace(a, b);
  if (a.identity !== b.identity) return 'other';
  const places = comparePlaces(a, b);
  if (places.common) return 'same';
  return places.open ? 'unknown' : 'unverified';
}

/** Where a root certificate cannot be read. */
function samenessByPlace(a: Installation, b: Installation): Sameness {
  const { common, different, open } = comparePlaces(a, b);
  const isNamedAlike = a.name.toLowerCase() === b.name.toLowerCase();
  const isOfOneMode = a.mode === b.mode;
  if (common && isOfOneMode) return isNamedAlike ? 'same' : 'other';
  if (different) return 'other';
  return open && isNamedAlike && isOfOneMode ? 'unknown' : 'unverified';
}

/** A node of the same name has the same address. */
export function sharesNode(a: Installation, b: Installation): boolean {
  return comparePlaces(a, b).common;
}

/**
 * What became of an installation since it was seen last through the same endpoint.
 * `renewed`: another root certificate at the same place (installed again, or renewed). `joined`: a standalone host is now a
 * node of a cluster. `separated`: a node of a cluster with others is now a host of its own. `elsewhere`: the endpoint leads to
 * another installation now.
 */
export type ChangeSince = 'none' | 'renewed' | 'joined' | 'separated' | 'elsewhere';

export function changeSince(before: Installation, now: Installation): ChangeSince {
  if (hasLeft(before, now)) return 'separated';
  if (before.identity === null || now.identity === null) return isAtAnotherPlace(before, now) ? 'elsewhere' : 'none';
  if (before.identity === now.identity) return 'none';
  if (!sharesNode(before, now)) return 'elsewhere';
  return mayHaveJoined(before, now) ? 'joined' : 'renewed';
}

/**
 * Where no root certificate tells it. A host that was renamed has its address still; where its certificate was known, the name
 * has to be the same as well, as another host may have been installed at the address.
 */
function isAtAnotherPlace(before: Installation, now: Installation): boolean {
  const { common, open } = comparePlaces(before, now);
  return !common && !open && (before.identity !== null || hasOtherAddresses(before, now));
}

/** Of both some address is known, and they have none in common. */
function hasOtherAddresses(before: Installation, now: Installation): boolean {
  const [former, present] = [knownAddresses(before), knownAddresses(now)];
  return former.length > 0 && present.length > 0 && !present.some((ip) => former.includes(ip));
}

function knownAddresses({ nodes }: Installation): readonly string[] {
  return nodes.map(({ ip }) => ip).filter((ip) => ip !== '');
}

/** Whether what was known through an endpoint is no longer to be had through it: it stays as it was. */
export function isLost(change: ChangeSince): boolean {
  return change === 'separated' || change === 'elsewhere';
}

/** It may keep the root certificate of the cluster. Nodes without an address had left before. */
function hasLeft(before: Installation, now: Installation): boolean {
  if (before.mode !== 'cluster' || now.mode !== 'standalone') return false;
  const names = new Set(now.nodes.map(({ name }) => name.toLowerCase()));
  return before.nodes.some(({ name, ip }) => ip !== '' && !names.has(name.toLowerCase()));
}

/** A standalone host that was seen earlier may be this node of the cluster now. */
export function mayHaveJoined(host: Installation, cluster: Installation): boolean {
  return host.mode === 'standalone' && cluster.mode === 'cluster' && sharesNode(host, cluster);
}

function comparePlaces(a: Installation, b: Installation) {
  const addresses = new Map(a.nodes.map(({ name, ip }) => [name.toLowerCase(), ip]));
  const pairs = b.nodes.flatMap(({ name, ip }) => {
    const other = addresses.get(name.toLowerCase());
    return other === undefined ? [] : [[other, ip] as const];
  });
  const known = pairs.filter(([one, other]) => one !== '' && other !== '');
  const common = known.some(([one, other]) => one === other);
  const different = !common && known.length > 0;
  return { common, different, open: !common && !different && pairs.length > 0 };
}
