/**
 * Looks for guests that Proxmox keeps from the account: no list has them, and the tree of permissions has no row for a path on
 * which `NoAccess` stands. What tells is that their VMIDs are in use. A bounded number is asked for.
 */
import type { AclEntry } from '../proxmox/access.js';
import { readPermissionsOn } from '../proxmox/reads/cluster.js';
import { isVmidFree } from '../proxmox/reads/guest-absence.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import type { HiddenGuests } from './types.js';

/** Two small reads each, at the most. */
const maxAsked = 30;
const lowestVmid = 100;

export async function findHiddenGuests(session: ProxmoxSession, acl: readonly AclEntry[]): Promise<HiddenGuests> {
  const listed = new Set((await session.guests()).map(({ vmid }) => vmid));
  const unlisted = unlistedVmids(listed, acl);
  const asked = unlisted.slice(0, maxAsked);
  const answers = await Promise.all(asked.map(async (vmid) => ({ vmid, isHidden: await readIsHidden(session, vmid) })));
  const vmids = answers.flatMap(({ vmid, isHidden }) => (isHidden ? [vmid] : [])).sort((a, b) => a - b);
  return { vmids, asked: asked.length, isCut: unlisted.length > asked.length };
}

/** It is in use, and not seen. */
async function readIsHidden(session: ProxmoxSession, vmid: number): Promise<boolean> {
  return !(await isVmidFree(session, vmid)) && !(await readPermissionsOn(session, `/vms/${vmid}`)).has('VM.Audit');
}

/** Those that entries name first, then the gaps between the listed ones, as numbers are given out in a row; one too many of all. */
function unlistedVmids(listed: ReadonlySet<number>, acl: readonly AclEntry[]): readonly number[] {
  const named = acl.flatMap(({ path }) => /^\/vms\/(\d+)$/.exec(path)?.[1] ?? []).map(Number);
  const unlisted = new Set(named.filter((vmid) => !listed.has(vmid)));
  const highest = Math.max(lowestVmid, ...listed) + 1;
  for (let vmid = lowestVmid; vmid <= highest && unlisted.size <= maxAsked; vmid += 1)
    if (!listed.has(vmid)) unlisted.add(vmid);
  return [...unlisted];
}
