import type { Rule } from './rule.js';
import { isBroadcast, isNetworkId, parseNetwork, type Network } from '../addresses.js';
import { displayOf } from '../display.js';
import { refuse } from '../failures.js';
import { atLeast } from '../release.js';
import type { Row } from '../types.js';
import { asText, pythonText } from '../values.js';
import { related, type Change } from '../world.js';

/** Address roles that may repeat. */
const sharedRoles = new Set(['anycast', 'vip', 'vrrp', 'hsrp', 'glbp', 'carp']);

const hostKey = (row: Readonly<Record<string, unknown>>): readonly string[] => [
  `${pythonText(row['vrf'])} ${asText(row['address']).replace(/\/.*/, '')}`,
];

/** Rows with the same host in the same VRF. */
const duplicatesOf = (change: Change): readonly Row[] =>
  change.world.store
    .need('ipam.ipaddress')
    .find('vrf-host', hostKey, hostKey(change.draft)[0] ?? '')
    .filter((row) => row.id !== change.before?.id);

const checkAssignable = (change: Change, network: Network): void => {
  if (!change.draft['assigned_object_id']) return;
  const longest = network.version === 4 ? 32 : 128;
  if (network.prefixLength >= longest - 1) return;
  if (isNetworkId(network))
    refuse('__all__', `${network.host} is a network ID, which may not be assigned to an interface.`);
  if (network.version === 4 && isBroadcast(network))
    refuse('__all__', `${network.host} is a broadcast address, which may not be assigned to an interface.`);
};

const checkUnique = (change: Change): void => {
  const vrf = related(change, 'vrf');
  if (vrf === undefined ? !change.world.globalUnique : vrf['enforce_unique'] !== true) return;
  const duplicates = duplicatesOf(change);
  const shared = [change.draft, ...duplicates].every((row) => sharedRoles.has(asText(row['role'])));
  const [first] = duplicates;
  if (first === undefined || shared) return;
  const table = vrf === undefined ? 'global table' : `VRF ${displayOf(change.world.store, 'ipam.vrf', vrf.id)}`;
  refuse('address', `Duplicate IP address found in ${table}: ${asText(first['address'])}`);
};

const holders: Readonly<Record<string, readonly [string, string]>> = {
  'dcim.interface': ['device', 'dcim.device'],
  'virtualization.vminterface': ['virtual_machine', 'virtualization.virtualmachine'],
};

/** The device or virtual machine an address belongs to through its interface. */
const holderOf = (change: Change, row: Readonly<Record<string, unknown>>): Row | undefined => {
  const type = asText(row['assigned_object_type']);
  const [field = '', model = ''] = holders[type] ?? [];
  return change.world.store.get(model, change.world.store.get(type, row['assigned_object_id'])?.[field]);
};

const checkStaysPrimary = (change: Change, network: Network): void => {
  if (change.before === undefined) return;
  const holder = holderOf(change, change.before);
  if (holder === undefined || holderOf(change, change.draft) === holder) return;
  if (holder[`primary_ip${network.version}`] === change.before.id)
    refuse('__all__', 'Cannot reassign IP address while it is designated as the primary IP for the parent object');
  if (holder['oob_ip'] === change.before.id)
    refuse('__all__', 'Cannot reassign IP address while it is designated as the OOB IP for the parent object');
};

/** Masks, duplicates and primary addresses of IP addresses. */
export const addressRule: Rule = {
  clean: (change) => {
    const network = parseNetwork(asText(change.draft['address']));
    if (network === undefined) return;
    if (network.prefixLength === 0) refuse('address', 'Cannot create IP address with /0 mask.');
    checkAssignable(change, network);
    checkUnique(change);
    checkStaysPrimary(change, network);
    if (change.draft['status'] === 'slaac' && network.version !== 6)
      refuse('status', 'Only IPv6 addresses can be assigned SLAAC status');
  },
  beforeSave: (change) => {
    change.draft['dns_name'] = asText(change.draft['dns_name']).toLowerCase();
  },
};

/** Prefixes keep their network identifier and are unique in the global table. */
export const prefixRule: Rule = {
  clean: (change) => {
    const vrf = related(change, 'vrf');
    if (vrf === undefined ? !change.world.globalUnique : vrf['enforce_unique'] !== true) return;
    const twin = change.world.store
      .need('ipam.prefix')
      .where('prefix', change.draft['prefix'])
      .find((row) => row.id !== change.before?.id && row['vrf'] === change.draft['vrf']);
    if (twin === undefined) return;
    const table = vrf === undefined ? 'global table' : `VRF ${displayOf(change.world.store, 'ipam.vrf', vrf.id)}`;
    refuse('prefix', `Duplicate prefix found in ${table}: ${asText(twin['prefix'])}`);
  },
};

/** A MAC address that is the primary one of its interface stays there. */
export const macRule: Rule = {
  validate: ({ world, given, draft }) => {
    const id = given['assigned_object_id'];
    if (atLeast(world.release, '4.7') || !id) return;
    if (world.store.get(asText(draft['assigned_object_type']), id) === undefined)
      refuse('assigned_object_id', `Related object not found using the provided value: ${pythonText(id)}.`);
  },
  clean: (change) => {
    const { before, draft, world } = change;
    if (before === undefined) return;
    const port = world.store.get(asText(before['assigned_object_type']), before['assigned_object_id']);
    if (port?.['primary_mac_address'] !== before.id) return;
    if (!draft['assigned_object_id'])
      refuse('__all__', 'Cannot unassign MAC Address while it is designated as the primary MAC for an object');
    if (
      draft['assigned_object_id'] !== before['assigned_object_id'] ||
      draft['assigned_object_type'] !== before['assigned_object_type']
    )
      refuse('__all__', 'Cannot reassign MAC Address while it is designated as the primary MAC for an object');
  },
};
