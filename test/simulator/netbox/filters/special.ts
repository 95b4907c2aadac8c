import { notAChoice, type AppliedFilter, type FilterInput } from './filter.js';
import { contains, parseMac, parseNetwork, type Network } from '../addresses.js';
import { coversSite, rangesIn } from '../places.js';
import type { Row } from '../types.js';
import { asIds, asText } from '../values.js';

type Special = (input: FilterInput) => AppliedFilter | undefined;

const deviceModel = 'dcim.interface';
const vmModel = 'virtualization.vminterface';

const networksIn = (values: readonly string[]): readonly Network[] =>
  values.flatMap((value) => parseNetwork(value) ?? []);

/** With a mask the exact record, without one every record of that host. */
const address: Special = ({ values }) => {
  const valid = values.filter((value) => parseNetwork(value) !== undefined);
  const exact = new Set(valid.filter((value) => value.includes('/')).map((value) => parseNetwork(value)?.text));
  const hosts = new Set(valid.filter((value) => !value.includes('/')).map((value) => parseNetwork(value)?.host));
  return {
    test: (row) => {
      const text = asText(row['address']);
      return exact.has(text) || hosts.has(text.replace(/\/.*/, ''));
    },
  };
};

const parent: Special = ({ values }) => {
  const outer = networksIn(values);
  return {
    test: (row) => {
      const network = parseNetwork(asText(row['address']));
      return network !== undefined && outer.some((candidate) => contains(candidate, network));
    },
  };
};

const familyOf =
  (field: string): Special =>
  ({ values }) => ({
    test: (row) => String(parseNetwork(asText(row[field]))?.version ?? '') === values.at(-1),
  });

const maskLength: Special = ({ values }) => ({
  test: (row) => values.includes(asText(row['address']).replace(/^.*\//, '')),
});

const prefix: Special = ({ values }) => {
  const wanted = new Set(networksIn(values).map((network) => network.text));
  return { test: (row) => wanted.has(asText(row['prefix'])) };
};

const onPorts = (input: FilterInput, model: string, ports: readonly number[]): AppliedFilter => {
  const wanted = new Set(ports);
  const table = input.world.store.need(input.kind.model);
  const test = (row: Row): boolean =>
    row['assigned_object_type'] === model && wanted.has(Number(row['assigned_object_id']));
  return { test, candidates: ports.flatMap((id) => table.where('assigned_object_id', id)) };
};

/** Ids of interfaces by id or name; each value must exist. */
const byPort =
  (model: string, by: 'id' | 'name'): Special =>
  (input) => {
    const table = input.world.store.need(model);
    const ids = input.values.flatMap((value) => {
      const rows = by === 'id' ? [table.get(Number(value))] : table.where('name', value);
      const found = rows.flatMap((row) => row?.id ?? []);
      return found.length === 0 ? notAChoice(value) : found;
    });
    return onPorts(input, model, ids);
  };

interface Holder {
  readonly model: string;
  readonly port: string;
  readonly field: string;
}

const deviceHolder: Holder = { model: 'dcim.device', port: deviceModel, field: 'device' };
const machineHolder: Holder = { model: 'virtualization.virtualmachine', port: vmModel, field: 'virtual_machine' };

/** Through the interfaces of a device or virtual machine; unknown ones find nothing. */
const byHolder =
  (holder: Holder, by: 'id' | 'name'): Special =>
  (input) => {
    const { store } = input.world;
    const holders = input.values.flatMap((value) =>
      by === 'id' ? (store.get(holder.model, Number(value)) ?? []) : store.need(holder.model).where('name', value),
    );
    const ports = holders.flatMap((row) => store.need(holder.port).where(holder.field, row.id));
    return onPorts(
      input,
      holder.port,
      ports.map((port) => port.id),
    );
  };

const truth = (values: readonly string[]): boolean => /^(true|1)$/i.test(values.at(-1) ?? '');

/** Interfaces of devices and machines; an address of an FHRP group is assigned, but not to an interface. */
const assignedToInterface: Special = ({ values }) => ({
  test: (row) => [deviceModel, vmModel].includes(asText(row['assigned_object_type'])) === truth(values),
});

const fhrpGroup: Special = (input) =>
  onPorts(
    input,
    'ipam.fhrpgroup',
    input.values.map((value) => input.world.store.get('ipam.fhrpgroup', Number(value))?.id ?? notAChoice(value)),
  );

/** VLAN groups whose scope is this object. */
const inScope =
  (model: string): Special =>
  ({ values }) => ({ test: (row) => row['scope_type'] === model && row['scope_id'] === Number(values.at(-1)) });

const containsVid: Special = ({ values }) => ({
  test: (row) => rangesIn(row['vid_ranges']).some(([low, high]) => values.some((vid) => low <= +vid && +vid <= high)),
});

/** VLANs of the site, of groups that cover it, and those of no site at all. */
const availableAtSite: Special = ({ world, values }) => {
  const { store } = world;
  const wanted = values.at(-1) ?? '';
  const site = store.get('dcim.site', Number(wanted)) ?? notAChoice(wanted);
  return {
    test: (row) => {
      const group = store.get('ipam.vlangroup', row['group']);
      if (row['site'] === site.id) return true;
      if (group === undefined) return row['site'] === null;
      return coversSite(store, group, site) && (group['scope_id'] !== null || row['site'] === null);
    },
  };
};

const assigned: Special = ({ values }) => ({ test: (row) => Boolean(row['assigned_object_id']) === truth(values) });

const isPrimary: Special = ({ world, values }) => ({
  test: (row) => {
    const port = world.store.get(asText(row['assigned_object_type']), row['assigned_object_id']);
    return (port?.['primary_mac_address'] === row.id) === truth(values);
  },
});

const hasPrimaryIp: Special = ({ values }) => ({
  test: (row) => (row['primary_ip4'] !== null || row['primary_ip6'] !== null) === truth(values),
});

const macsIn = (values: readonly string[]): ReadonlySet<string> =>
  new Set(values.flatMap((value) => parseMac(value) ?? []));

const ownMac: Special = (input) => {
  const wanted = macsIn(input.values);
  const table = input.world.store.need(input.kind.model);
  return {
    test: (row) => wanted.has(asText(row['mac_address'])),
    candidates: [...wanted].flatMap((mac) => table.where('mac_address', mac)),
  };
};

/** Ids of the interfaces of one model that carry one of these MAC addresses. */
const portsWithMac = (input: FilterInput, model: string): readonly number[] =>
  [...macsIn(input.values)].flatMap((mac) =>
    asIds(
      input.world.store
        .need('dcim.macaddress')
        .where('mac_address', mac)
        .filter((row) => row['assigned_object_type'] === model)
        .map((row) => row['assigned_object_id']),
    ),
  );

const portMac: Special = (input) => {
  const ids = new Set(portsWithMac(input, input.kind.model));
  return { test: (row) => ids.has(row.id) };
};

const holderMac =
  (holder: Holder): Special =>
  (input) => {
    const { store } = input.world;
    const ids = new Set(portsWithMac(input, holder.port).map((id) => store.get(holder.port, id)?.[holder.field]));
    return { test: (row) => ids.has(row.id) };
  };

/** Filters with code of their own, by model and name, else by name. */
export const specialFilters: Readonly<Record<string, Special>> = {
  address,
  parent,
  mask_length: maskLength,
  prefix,
  'ipam.ipaddress.family': familyOf('address'),
  'ipam.prefix.family': familyOf('prefix'),
  interface: byPort(deviceModel, 'name'),
  interface_id: byPort(deviceModel, 'id'),
  vminterface: byPort(vmModel, 'name'),
  vminterface_id: byPort(vmModel, 'id'),
  device: byHolder(deviceHolder, 'name'),
  device_id: byHolder(deviceHolder, 'id'),
  virtual_machine: byHolder(machineHolder, 'name'),
  virtual_machine_id: byHolder(machineHolder, 'id'),
  assigned,
  assigned_to_interface: assignedToInterface,
  fhrpgroup_id: fhrpGroup,
  available_at_site: availableAtSite,
  contains_vid: containsVid,
  'ipam.vlangroup.region': inScope('dcim.region'),
  'ipam.vlangroup.site_group': inScope('dcim.sitegroup'),
  'ipam.vlangroup.site': inScope('dcim.site'),
  'ipam.vlangroup.cluster_group': inScope('virtualization.clustergroup'),
  'ipam.vlangroup.cluster': inScope('virtualization.cluster'),
  primary: isPrimary,
  has_primary_ip: hasPrimaryIp,
  'dcim.macaddress.mac_address': ownMac,
  'dcim.interface.mac_address': portMac,
  'virtualization.vminterface.mac_address': portMac,
  'dcim.device.mac_address': holderMac(deviceHolder),
  'virtualization.virtualmachine.mac_address': holderMac(machineHolder),
};
