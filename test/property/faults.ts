/** Breaks both sides as a step says. */
import type { FaultWorld } from '../fault/support/world.js';
import type { FaultAction } from '../simulator/proxmox/index.js';
import { pveum } from '../support/pveum.js';
import { proxmoxReads, type AccessFault, type Fault, type NetBoxFault, type ProxmoxFault } from './scenario.js';

export async function breakBoth(world: FaultWorld, faults: readonly Fault[]): Promise<void> {
  for (const fault of faults) {
    if (fault.side === 'proxmox') breakProxmox(world, fault);
    else if (fault.side === 'netbox') breakNetBox(world, fault);
    else await changeAccess(world, fault, 0);
  }
}

export async function mendBoth(world: FaultWorld, faults: readonly Fault[]): Promise<void> {
  world.netbox.faults.clear();
  for (const simulator of world.proxmox) simulator.faults.clear();
  for (const fault of faults) if (fault.side === 'access') await changeAccess(world, fault, 1);
}

/** `NoAccess` on a guest for the service's account. */
async function changeAccess(world: FaultWorld, { cluster, target }: AccessFault, remove: 0 | 1): Promise<void> {
  const simulator = world.proxmox[cluster];
  const vmids = [...(world.estate.clusters[cluster]?.guests.keys() ?? [])];
  const vmid = vmids[target % Math.max(1, vmids.length)];
  if (simulator === undefined || vmid === undefined) return;
  const { username, url } = simulator;
  await pveum(`pveum acl modify /vms/${vmid} --users ${username} --roles NoAccess --delete ${remove}`, url);
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
  else if (how !== 400 || method !== 'GET')
    world.netbox.faults.add({ match, action: { status: how, body: { detail: 'Refused by the test.' } } });
}
