/** A cluster whose four guests tell an address each, and a NetBox that is simulated. */
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { machineOf, one } from '../../contract/sync/target.js';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker } from './talkers.js';

interface TalkingLab {
  readonly lab: EstateCluster;
  readonly target: SimulatedTarget;
}

/** Guests 100 to 103, called host100 and so on, with 10.0.0.100 and so on. */
export async function openTalkingLab(variables: Readonly<Record<string, string>> = {}): Promise<TalkingLab> {
  const lab = aCluster({ guests: [100, 101, 102, 103].map((vmid) => aTalker(vmid, [`10.0.0.${vmid}`])) });
  return { lab, target: await openSimulated(anEstate(lab), { variables }) };
}

/** The first interface of the machine of a guest. */
export async function portOf(target: SimulatedTarget, vmid: number) {
  const { machine } = await machineOf(target, vmid);
  return one(target, path.vmInterfaces, `virtual_machine_id=${machine.id}`);
}
