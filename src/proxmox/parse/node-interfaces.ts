/** Rows of `nodes/{node}/network`. */
import { isAddress, parseCidr, parseNetmask } from './cidr.js';
import { field, type Row, toBool, toInt, toText } from './coerce.js';

export interface NodeInterface {
  readonly name: string;
  /** Proxmox's word: `bridge`, `OVSBond`, `eth`... */
  readonly type: string;
  /** NetBox's choice for it. */
  readonly netboxType: 'bridge' | 'lag' | 'virtual' | 'other';
  readonly active: boolean;
  readonly autostart: boolean;
  /** With prefix, IPv4 first. */
  readonly addresses: readonly string[];
  readonly gateway: string | null;
  readonly gateway6: string | null;
  readonly bridgePorts: readonly string[];
  readonly slaves: readonly string[];
  readonly bridgeVlanAware: boolean;
  readonly vlanId: number | null;
  readonly vlanRawDevice: string | null;
  readonly mtu: number | null;
  readonly comments: string | null;
}

const netboxTypes: ReadonlyMap<string, NodeInterface['netboxType']> = new Map([
  ['bridge', 'bridge'],
  ['OVSBridge', 'bridge'],
  ['bond', 'lag'],
  ['OVSBond', 'lag'],
  ['vlan', 'virtual'],
  ['OVSIntPort', 'virtual'],
  ['loopback', 'virtual'],
  ['lo', 'virtual'],
]);

/** null for a row without name. */
export function parseNodeInterface(row: Row): NodeInterface | null {
  const name = toText(row.iface);
  if (name === null) return null;
  const type = toText(row.type) ?? 'unknown';
  return {
    name,
    type,
    netboxType: name === 'lo' ? 'virtual' : (netboxTypes.get(type) ?? 'other'),
    active: toBool(row.active) ?? false,
    autostart: toBool(row.autostart) ?? false,
    addresses: [interfaceAddress(row, 4), interfaceAddress(row, 6)].filter((address) => address !== null),
    gateway: toText(row.gateway),
    gateway6: toText(row.gateway6),
    bridgePorts: words(row.bridge_ports),
    slaves: words(field(row, 'slaves', 'ovs_bonds')),
    bridgeVlanAware: toBool(row.bridge_vlan_aware) ?? false,
    vlanId: toInt(field(row, 'vlan-id', 'vlan_id', 'ovs_tag')),
    vlanRawDevice: toText(field(row, 'vlan-raw-device', 'vlan_raw_device')),
    mtu: toInt(row.mtu),
    comments: toText(row.comments),
  };
}

/** `cidr`, else `address` with `netmask` (a bare address is a host route: /32 or /128). */
function interfaceAddress(row: Row, family: 4 | 6): string | null {
  const suffix = family === 4 ? '' : '6';
  const address = toText(row[`address${suffix}`]);
  const cidr = parseCidr(row[`cidr${suffix}`], family) ?? parseCidr(address, family);
  if (cidr !== null || address === null || !isAddress(address, family)) return cidr;
  return `${address}/${parseNetmask(row[`netmask${suffix}`], family) ?? (family === 4 ? 32 : 128)}`;
}

function words(value: unknown): readonly string[] {
  return (toText(value) ?? '').split(/[\s,]+/).filter((word) => word !== '');
}
