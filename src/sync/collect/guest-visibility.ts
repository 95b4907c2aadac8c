/** Whether guests that a cluster does not list are gone: asked guest by guest, and only for those that it matters for. */
import { nameList } from '../../values/short-text.js';
import { errorText, toProxboxError } from '../../errors/proxbox-error.js';
import { readGuestAbsence, type Absence } from '../../proxmox/reads/guest-absence.js';
import type { ConnectedCluster } from '../guests.js';
import type { RunContext } from '../run-context.js';
import { readFromCluster } from './proxmox.js';

export interface Absences {
  /** VMIDs of which it is proven that no guest of the cluster has them. */
  readonly gone: ReadonlySet<number>;
  /** Why it is not proven, by VMID: all others that were asked for. */
  readonly unproven: ReadonlyMap<number, string>;
}

/** Two small reads per VMID. An answer that fails proves nothing. */
export async function proveAbsence(
  run: RunContext,
  cluster: ConnectedCluster,
  vmids: readonly number[],
): Promise<Absences> {
  const wanted = [...new Set(vmids)].sort((a, b) => a - b);
  const answers = await Promise.all(wanted.map(async (vmid) => [vmid, await proveOne(run, cluster, vmid)] as const));
  return {
    gone: new Set(answers.flatMap(([vmid, { status }]) => (status === 'gone' ? [vmid] : []))),
    unproven: new Map(
      answers.flatMap(([vmid, absence]) => (absence.status === 'gone' ? [] : [[vmid, absence.why] as const])),
    ),
  };
}

async function proveOne(run: RunContext, cluster: ConnectedCluster, vmid: number): Promise<Absence> {
  try {
    return await readFromCluster(run, cluster, (session) => readGuestAbsence(session, vmid, { signal: run.signal }));
  } catch (error) {
    run.signal.throwIfAborted();
    return { status: 'unproven', why: `Proxmox did not tell: ${errorText(toProxboxError(error))}` };
  }
}

/** `VMID 101: the Proxmox user may not see it; VMID 102: ... and 3 more`. */
export function unprovenText({ unproven }: Absences): string {
  return nameList(
    [...unproven].map(([vmid, why]) => `VMID ${vmid}: ${why}`),
    { separator: '; ' },
  );
}
