/** `DELETE nodes/{node}/{qemu|lxc}/{vmid}`: what keeps a guest from being deleted, and what goes along with it. */
import { removeGuest, type EstateGuest, type GuestKind, type PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call } from '../route.js';
import { guestAt } from '../route.js';

/** Looked at when it is called, and again by the task. Containers and machines differ in order and words. */
function check(call: Call, guest: EstateGuest): void {
  const { cluster, parameters } = call;
  const { type, vmid, config, lock, status } = guest;
  const name = `${type === 'qemu' ? 'VM' : 'CT'} ${vmid}`;
  if (Number(config['protection'] ?? 0) === 1)
    throw new ApiError(500, `can't remove ${name} - protection mode enabled`);
  if (type === 'lxc' && lock !== '') throw new ApiError(500, `CT is locked (${lock})`);
  if (parameters['purge'] !== true) {
    if (managedRow(call, guest) !== undefined) {
      throw new ApiError(500, `unable to remove ${name} - used in HA resources and purge parameter not set.`);
    }
    const job = cluster.replicationJobs.find((row) => Number(row['guest']) === vmid);
    if (job !== undefined) {
      const id = String(job['id']);
      throw new ApiError(500, `There is a replication job '${id}' for guest '${vmid}' - Please remove that first.`);
    }
  }
  if (status === 'stopped') return;
  if (type === 'qemu') throw new ApiError(500, `${name} is running - destroy failed`);
  if (parameters['force'] !== true) throw new ApiError(500, `unable to destroy ${name} - container is running`);
}

function managedRow({ cluster }: Call, { type, vmid }: EstateGuest): PveRow | undefined {
  return cluster.ha.resources.find(({ sid }) => sid === `${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`);
}

function without(rows: PveRow[], isGone: (row: PveRow) => boolean): void {
  rows.splice(0, rows.length, ...rows.filter((row) => !isGone(row)));
}

export function destroy(call: Call, type: GuestKind): string {
  const guest = guestAt(call, type);
  check(call, guest);
  const { cluster, parameters, principal, tasks } = call;
  const { node, vmid } = guest;
  const effect = (): void => {
    check(call, guest);
    if (parameters['purge'] === true) {
      const managed = managedRow(call, guest);
      without(cluster.ha.resources, (row) => row === managed);
      without(cluster.replicationJobs, (row) => Number(row['guest']) === vmid);
    }
    removeGuest(cluster, vmid);
  };
  return tasks.start({
    node,
    type: type === 'qemu' ? 'qmdestroy' : 'vzdestroy',
    id: String(vmid),
    user: principal.id,
    effect,
  });
}
