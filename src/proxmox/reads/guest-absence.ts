/** Whether a guest that is in no list is really gone: Proxmox leaves out, without an error, what an account may not see. */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { toText } from '../parse/coerce.js';
import type { ReadOptions } from '../types.js';
import { readPermissionsOn } from './cluster.js';
import type { Reader } from './rows.js';

export type Absence = { readonly status: 'gone' } | { readonly status: 'unproven'; readonly why: string };

/**
 * Two answers about this one guest. The tree of all permissions is not enough: a path on which `NoAccess` stands has no row
 * in it, so that the grant on `/vms` seems to hold there. `cluster/nextid` knows every VMID of the cluster, whatever the
 * account may see, and refuses one that is taken with 400. Throws what the reads throw otherwise: then nobody knows.
 */
export async function readGuestAbsence(session: Reader, vmid: number, options?: ReadOptions): Promise<Absence> {
  const aclPath = `/vms/${vmid}`;
  const own = await readPermissionsOn(session, aclPath, options);
  if (!own.has('VM.Audit'))
    return { status: 'unproven', why: `the Proxmox user may not see it (no VM.Audit on ${aclPath})` };
  return (await isVmidFree(session, vmid, options))
    ? { status: 'gone' }
    : { status: 'unproven', why: 'Proxmox does not list it, but its VMID is in use' };
}

/** No guest of the cluster has it, whatever the account may see. */
export async function isVmidFree(session: Reader, vmid: number, options?: ReadOptions): Promise<boolean> {
  try {
    return toText(await session.get('cluster/nextid', { ...options, query: { vmid } })) === `${vmid}`;
  } catch (error) {
    if (error instanceof ProxboxError && error.upstream?.status === 400) return false;
    throw error;
  }
}
