import type { Rule } from './rule.js';
import { parseNetwork } from '../addresses.js';
import { displayOf } from '../display.js';
import { refuse } from '../failures.js';
import { atLeast } from '../release.js';
import type { Row } from '../types.js';
import { asNumber, asText } from '../values.js';
import { related, type Change } from '../world.js';

const nameOf = (change: Change, model: string, id: unknown): string => displayOf(change.world.store, model, id);

const nameOfCluster = (change: Change, id: unknown): string => nameOf(change, 'virtualization.cluster', id);
const nameOfSite = (change: Change, id: unknown): string => nameOf(change, 'dcim.site', id);
const nameOfDevice = (change: Change, id: unknown): string => nameOf(change, 'dcim.device', id);

/** NetBox 4.5 allows a host device only together with its cluster. */
const checkPlacementOf45 = (change: Change): void => {
  const { draft } = change;
  if (!draft['site'] && !draft['cluster'])
    refuse('cluster', 'A virtual machine must be assigned to a site and/or cluster.');
  if (draft['device'] && !draft['cluster']) refuse('device', 'Must specify a cluster when assigning a host device.');
};

const checkPlacementOf46 = (change: Change, device: Row | undefined): void => {
  const { draft } = change;
  if (!draft['site'] && !draft['cluster'] && !draft['device'])
    refuse('__all__', 'A virtual machine must be assigned to a site, cluster, or device.');
  if (device !== undefined && draft['site'] && device['site'] !== draft['site'])
    refuse(
      'site',
      `The selected device (${nameOfDevice(change, device.id)}) is not assigned to this site (${nameOfSite(change, draft['site'])}).`,
    );
  if (device?.['cluster'] && !draft['cluster'])
    refuse(
      'cluster',
      `Must specify the assigned device's cluster (${nameOfCluster(change, device['cluster'])}) when assigning host device ` +
        `${nameOfDevice(change, device.id)}.`,
    );
};

const checkPlacement = (change: Change): void => {
  const { draft } = change;
  const device = related(change, 'device');
  const cluster = related(change, 'cluster');
  if (cluster?.['_site'] && draft['site'] && cluster['_site'] !== draft['site'])
    refuse(
      'cluster',
      `The selected cluster (${nameOfCluster(change, cluster.id)}) is not assigned to this site (${nameOfSite(change, draft['site'])}).`,
    );
  if (atLeast(change.world.release, '4.6')) checkPlacementOf46(change, device);
  else checkPlacementOf45(change);
  if (device !== undefined && cluster !== undefined && device['cluster'] !== cluster.id)
    refuse(
      'device',
      `The selected device (${nameOfDevice(change, device.id)}) is not assigned to this cluster (${nameOfCluster(change, cluster.id)}).`,
    );
};

const diskTotal = (change: Change): number =>
  change.world.store
    .need('virtualization.virtualdisk')
    .where('virtual_machine', change.before?.id ?? 0)
    .reduce((sum, disk) => sum + (asNumber(disk['size']) ?? 0), 0);

const checkDisk = (change: Change): void => {
  if (change.before === undefined) return;
  const total = diskTotal(change);
  if (total === 0) return;
  change.draft['disk'] ??= total;
  const size = asNumber(change.draft['disk']) ?? 0;
  if (size !== total)
    refuse(
      'disk',
      `The specified disk size (${size}) must match the aggregate size of assigned virtual disks (${total}).`,
    );
};

const belongsToVm = (change: Change, address: Row | undefined): boolean => {
  if (address?.['assigned_object_type'] !== 'virtualization.vminterface' || change.before === undefined) return false;
  const port = change.world.store.get('virtualization.vminterface', address['assigned_object_id']);
  return port?.['virtual_machine'] === change.before.id;
};

const checkPrimary = (change: Change, family: 4 | 6): void => {
  const field = `primary_ip${family}`;
  const address = related(change, field);
  if (address === undefined) return;
  const text = asText(address['address']);
  const version = parseNetwork(text)?.version;
  if (version !== family)
    refuse(field, `Must be an IPv${family} address. (${text} is an IPv${version ?? ''} address.)`);
  const inside = change.world.store.get('ipam.ipaddress', address['nat_inside']);
  if (!belongsToVm(change, address) && !belongsToVm(change, inside))
    refuse(field, `The specified IP address (${text}) is not assigned to this VM.`);
};

const takeTypeDefaults = (change: Change): void => {
  const type = related(change, 'virtual_machine_type');
  if (change.before !== undefined || type === undefined) return;
  change.draft['vcpus'] ??= type['default_vcpus'];
  change.draft['memory'] ??= type['default_memory'];
};

/** Placement, disk size and primary addresses of virtual machines. */
export const virtualMachineRule: Rule = {
  clean: (change) => {
    checkPlacement(change);
    checkDisk(change);
    checkPrimary(change, 4);
    checkPrimary(change, 6);
  },
  beforeSave: (change) => {
    change.draft['site'] ??= related(change, 'cluster')?.['_site'] ?? related(change, 'device')?.['site'] ?? null;
    takeTypeDefaults(change);
  },
};
