import { addressRule, macRule, prefixRule } from './addresses.js';
import { clusterRule } from './clusters.js';
import { choiceSetRule, customFieldRule } from './custom-fields.js';
import { deviceRule } from './devices.js';
import { diskRule } from './disks.js';
import { deviceInterfaceRule, vmInterfaceRule } from './interfaces.js';
import { endpointRule, guestAddressRule, guestInterfaceRule } from './plugin.js';
import type { Rule } from './rule.js';
import { sidecarRule } from './sidecars.js';
import { virtualMachineRule } from './virtual-machines.js';
import { vlanGroupRule, vlanRule } from './vlans.js';

const rules: Readonly<Record<string, Rule>> = {
  'virtualization.virtualmachine': virtualMachineRule,
  'virtualization.cluster': clusterRule,
  'virtualization.virtualdisk': diskRule,
  'virtualization.vminterface': vmInterfaceRule,
  'dcim.interface': deviceInterfaceRule,
  'dcim.device': deviceRule,
  'dcim.macaddress': macRule,
  'ipam.ipaddress': addressRule,
  'ipam.prefix': prefixRule,
  'ipam.vlan': vlanRule,
  'ipam.vlangroup': vlanGroupRule,
  'extras.customfield': customFieldRule,
  'extras.customfieldchoiceset': choiceSetRule,
  'netbox_proxbox.proxmoxendpoint': endpointRule,
  'netbox_proxbox.guestvminterface': guestInterfaceRule,
  'netbox_proxbox.guestvminterfaceaddress': guestAddressRule,
};

const nothingSpecial: Rule = {};

/** What is special about a kind. */
export const ruleOf = (model: string): Rule =>
  rules[model] ?? (model.endsWith('syncstate') ? sidecarRule : nothingSpecial);
