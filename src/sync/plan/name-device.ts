/** What the device of a node is called from now on. Pure. */
import { hasTagNamed } from '../../netbox/kinds/values.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { Reason } from '../types.js';
import { isInCluster, type DeviceCandidates, type DeviceHome } from './choose-device.js';
import { deviceNames } from './device-names.js';
import type { PlannedCluster } from './infrastructure-types.js';
import { deviceDescription } from './own-texts.js';

type NamingHome = DeviceHome & Pick<PlannedCluster, 'nodeSite'>;

export interface NamesInUse {
  /** Of the devices that are planned already, by site: filled by `nameDevice`. */
  readonly plannedNames: Set<string>;
}

export interface DeviceName {
  readonly name: string;
  /** The name in the generated description. It tells at the next run whether the device's name is still ours. */
  readonly describedAs: string;
  readonly warning?: Reason;
}

/**
 * A new device gets the name that the template gives. An existing one follows the template while it has a name of ours: that
 * of the node, or the one in the description that we generated. A name that an operator gave stays.
 */
export function nameDevice(
  home: NamingHome,
  { node, current }: { readonly node: string; readonly current: RecordOf<'device'> | undefined },
  input: DeviceCandidates & NamesInUse,
): DeviceName | { readonly refused: Reason } {
  const { wanted, problem } = deviceNames(home.view, node, input);
  const warning = problem === undefined ? {} : { warning: problem };
  const kept = current === undefined ? undefined : current.name;
  const isOurs = current === undefined || isNamedByUs(current, node);
  const isToBe = kept === undefined || (isOurs && problem === undefined && kept.toLowerCase() !== wanted.toLowerCase());
  if (!isToBe) return { name: kept, describedAs: isOurs ? kept : node, ...warning };
  const occupant = occupantOf(wanted, { home, current }, input);
  if (occupant === undefined) return { name: wanted, describedAs: wanted, ...warning };
  const taken = conflict(home, node, { wanted, kept, occupant });
  return kept === undefined ? { refused: taken } : { name: kept, describedAs: kept, warning: taken };
}

function isNamedByUs(device: RecordOf<'device'>, node: string): boolean {
  const name = device.name;
  return name === node || (hasTagNamed(device, 'proxbox') && device.description === deviceDescription(name));
}

/** Who has the name: NetBox keeps names of devices unique in a site and tenant, without regard to case. */
function occupantOf(
  name: string,
  { home, current }: { readonly home: NamingHome; readonly current: RecordOf<'device'> | undefined },
  { records, plannedNames }: DeviceCandidates & NamesInUse,
): string | undefined {
  const lower = name.toLowerCase();
  // A device that is not in the cluster yet is brought to its site.
  const site =
    current === undefined || (home.site !== null && !isInCluster(current, home)) ? home.nodeSite : current.site;
  const tenant = current?.tenant ?? null;
  const place = `${typeof site === 'object' && site !== null ? site.ref : site} ${tenant} ${lower}`;
  if (plannedNames.has(place)) return 'another node of this run';
  const stored = records.devices.find(
    (device) =>
      device.id !== current?.id &&
      device.name.toLowerCase() === lower &&
      device.site === site &&
      device.tenant === tenant,
  );
  if (stored !== undefined) return `the device with the id ${stored.id}`;
  plannedNames.add(place);
  return undefined;
}

function conflict(
  { view }: DeviceHome,
  node: string,
  { wanted, kept, occupant }: { readonly wanted: string; readonly kept: string | undefined; readonly occupant: string },
): Reason {
  const result = kept === undefined ? 'It gets no device' : `Its device keeps the name "${kept}"`;
  return {
    code: 'name_conflict',
    message: `The device of the node "${node}" of "${view.name}" is to be called "${wanted}", but ${occupant} has that name in the same site. ${result}. Give the endpoint a node device name template with {cluster}, or a site of its own.`,
  };
}
