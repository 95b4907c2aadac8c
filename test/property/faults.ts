/** Breaks both sides as a step says. */
import { refusalMemoryMs } from '../../src/proxmox/authenticator.js';
import type { FaultWorld } from '../fault/support/world.js';
import type { FaultAction } from '../simulator/proxmox/index.js';
import { pveum } from '../support/pveum.js';
import { kindsFor } from '../simulator/netbox/kinds/index.js';
import {
  proxmoxReads,
  type AccessFault,
  type Fault,
  type NetBoxFault,
  type PermissionFault,
  type ProxmoxFault,
} from './scenario.js';

export async function breakBoth(world: FaultWorld, faults: readonly Fault[]): Promise<void> {
  for (const fault of faults) {
    if (fault.side === 'proxmox') breakProxmox(world, fault);
    else if (fault.side === 'netbox') breakNetBox(world, fault);
    else if (fault.side === 'permission') permit(world, fault, false);
    else await changeAccess(world, fault, 0);
  }
}

export async function mendBoth(world: FaultWorld, faults: readonly Fault[]): Promise<void> {
  world.netbox.faults.clear();
  for (const simulator of world.proxmox) simulator.faults.clear();
  for (const fault of faults) {
    if (fault.side === 'access') await changeAccess(world, fault, 1);
    if (fault.side === 'permission') permit(world, fault, true);
  }
  // A refused login is not tried again sooner, or Proxmox would lock the account.
  if (faults.some((fault) => fault.side === 'proxmox' && fault.how === 401)) await world.clock.sleep(refusalMemoryMs);
}

/** Of the plugin's sidecars all at once. */
const kindsBelow = (path: string): readonly string[] =>
  kindsFor('4.7.3', true).flatMap((kind) => (`${kind.path}/`.startsWith(path) ? [kind.path] : []));

function permit({ netbox }: FaultWorld, { path, lacks }: PermissionFault, isPermitted: boolean): void {
  for (const { [lacks]: kinds } of netbox.tokens.all())
    for (const kind of kindsBelow(path)) {
      if (isPermitted) kinds.delete(kind);
      else kinds.add(kind);
    }
}

/** `NoAccess` on something for the service's account. */
async function changeAccess(world: FaultWorld, fault: AccessFault, remove: 0 | 1): Promise<void> {
  const simulator = world.proxmox[fault.cluster];
  const paths = hiddenPaths(world, fault);
  const path = paths[fault.target % Math.max(1, paths.length)];
  if (simulator === undefined || path === undefined) return;
  const { username, url } = simulator;
  await pveum(`pveum acl modify ${path} --users ${username} --roles NoAccess --delete ${remove}`, url);
}

function hiddenPaths({ estate }: FaultWorld, { cluster: index, hides }: AccessFault): readonly string[] {
  const cluster = estate.clusters[index];
  if (hides === 'bridges') return ['/sdn/zones/localnetwork'];
  if (hides === 'guest') return [...(cluster?.guests.keys() ?? [])].map((vmid) => `/vms/${vmid}`);
  const named = (hides === 'storage' ? cluster?.storages : cluster?.nodes) ?? [];
  return named.map(({ name }) => `/${hides === 'storage' ? 'storage' : 'nodes'}/${name}`);
}

function breakProxmox(world: FaultWorld, { cluster, read, how, times }: ProxmoxFault): void {
  const simulator = world.proxmox[cluster];
  const action = actionOf(world, { cluster, read, how });
  if (action !== null) simulator?.faults.add({ match: { method: 'GET', path: proxmoxReads[read], times }, action });
}

/** Reads whose list may be empty, so that nobody can tell an empty answer from a lie. */
const honestlyEmpty: ReadonlySet<string> = new Set(['content', 'nextid', 'network']);

function actionOf(world: FaultWorld, { cluster, read, how }: Omit<ProxmoxFault, 'side' | 'times'>): FaultAction | null {
  if (how === 'html' || how === 'reset') return how;
  if (how === 'empty') return honestlyEmpty.has(read) ? null : 'empty';
  if (how === 'null') return { status: 200, reason: 'OK', body: { data: null } };
  if (how !== 'leave-out') return { status: how, reason: 'broken by the test' };
  if (read !== 'resources') return null;
  // Every other guest is missing in the list.
  const guests = [...(world.estate.clusters[cluster]?.guests.values() ?? [])].filter((_guest, n) => n % 2 === 0);
  const data = guests.map(({ vmid, type, node, name, status, memoryMb, cpus, template }) => ({
    id: `${type}/${vmid}`,
    type,
    vmid,
    node,
    ...(name === '' ? {} : { name }),
    status,
    template: template ? 1 : 0,
    maxcpu: cpus,
    maxmem: memoryMb * 1024 ** 2,
  }));
  return { status: 200, reason: 'OK', body: { data } };
}

function breakNetBox(world: FaultWorld, { path, method, how, times }: NetBoxFault): void {
  const match = { method, path: new RegExp(`^/api/${path.replaceAll('/', '\\/')}`), times };
  if (typeof how === 'string') world.netbox.faults.add({ match, action: how });
  else if ((how !== 400 && how !== 409) || method !== 'GET')
    world.netbox.faults.add({
      match,
      action: {
        status: how,
        body: { detail: 'Refused by the test.' },
        headers: how === 503 ? { 'retry-after': '2' } : {},
      },
    });
}
