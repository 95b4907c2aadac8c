/** Rows of `nodes/{node}/network`. */
import { isAddress, parseCidr, parseNetmask } from './cidr.js';
import { field, type Row, toBool, toInt, toText } from './coerce.js';
import { membersOf } from './sets.js';

export interface NodeInterface {
  readonly name: string;
  /** NetBox's choice for what Proxmox calls `bridge`, `OVSBond`, `eth`... */
  readonly netboxType: 'bridge' | 'lag' | 'virtual' | 'other';
  /** With prefix, IPv4 first. */
  readonly addresses: readonly string[];
  /** Families whose addresses come from elsewhere (DHCP, router advertisements): the configuration does not tell them. */
  readonly untold: readonly (4 | 6)[];
  readonly gateway: string | null;
  readonly gateway6: string | null;
  readonly vlanId: number | null;
  /** It is up, as far as Proxmox tells. */
  readonly isActive: boolean;
  /** Names of the interfaces that it is made of or stands on: ports, slaves, the device of a VLAN. */
  readonly parts: readonly string[];
}

const netboxTypes: ReadonlyMap<string, NodeInterface['netboxType']> = new Map([
  ['bridge', 'bridge'],
  ['OVSBridge', 'bridge'],
  ['bond', 'lag'],
  ['OVSBond', 'lag'],
  ['vlan', 'virtual'],
  ['OVSIntPort', 'virtual'],
  ['alias', 'virtual'],
  ['loopback', 'virtual'],
  ['lo', 'virtual'],
]);

/** Values of `method` and `method6`. */
const dynamicMethods: ReadonlySet<string> = new Set(['dhcp', 'auto']);

const partKeys = ['bridge_ports', 'ovs_ports', 'slaves', 'ovs_bonds', 'vlan-raw-device', 'ovs_bridge'];

/** null for a row without name. */
export function parseNodeInterface(row: Row): NodeInterface | null {
  const name = toText(row.iface);
  if (name === null) return null;
  return {
    name,
    // `eno1:0` is a further address of `eno1` under a name of its own, and no port.
    netboxType: name === 'lo' || name.includes(':') ? 'virtual' : (netboxTypes.get(toText(row.type) ?? '') ?? 'other'),
    addresses: [interfaceAddress(row, 4), interfaceAddress(row, 6)].filter((address) => address !== null),
    untold: ([4, 6] as const).filter((family) =>
      dynamicMethods.has(toText(row[family === 4 ? 'method' : 'method6']) ?? ''),
    ),
    gateway: toText(row.gateway),
    gateway6: toText(row.gateway6),
    vlanId: toInt(field(row, 'vlan-id', 'vlan_id', 'ovs_tag')),
    isActive: toBool(row.active) ?? false,
    parts: partKeys.flatMap((key) => membersOf(toText(row[key]))),
  };
}

/**
 * Whether bridges seem to be missing in the list of a node. Proxmox leaves out, without an error, those that the account may not
 * see. Its guests need one; and an interface stands on one that is not listed, or is up without an address and a use. A spare port looks
 * alike: it is a reason to ask for the privilege, and proves nothing.
 */
export function seemsToLackBridges(interfaces: readonly NodeInterface[]): boolean {
  const listed = new Set(interfaces.map(({ name }) => name));
  const used = new Set(interfaces.flatMap(({ parts }) => parts));
  const isIdle = ({ name, netboxType, isActive, addresses }: NodeInterface): boolean =>
    (netboxType === 'other' || netboxType === 'lag') && isActive && addresses.length === 0 && !used.has(name);
  const hasBridge = interfaces.some(({ netboxType }) => netboxType === 'bridge');
  return !hasBridge || [...used].some((name) => !listed.has(name)) || interfaces.some(isIdle);
}

/** `cidr`, else `address` with `netmask` (a bare address is a host route: /32 or /128). */
function interfaceAddress(row: Row, family: 4 | 6): string | null {
  const suffix = family === 4 ? '' : '6';
  const address = toText(row[`address${suffix}`]);
  const cidr = parseCidr(row[`cidr${suffix}`], family) ?? parseCidr(address, family);
  if (cidr !== null || address === null || !isAddress(address, family)) return cidr;
  return `${address}/${parseNetmask(row[`netmask${suffix}`], family) ?? (family === 4 ? 32 : 128)}`;
}
