/**
 * Rows of Proxmox's software-defined networks as `cluster/sdn/*` lists them with `pending=1`: a row holds the values that run;
 * what waits for an apply is below `pending`. One that was never applied has all of its values there. Pure.
 */
import { isObject } from '../../values/plain-object.js';
import { field, type Row, toBool, toInt, toText } from './coerce.js';
import { withoutSecrets } from './secrets.js';
import { inOneOrder, membersOf } from './sets.js';

/** What all of them have; what Proxmox does not say is null. */
export interface SdnRow {
  /** `new`, `changed`, `deleted`: not applied yet; null: it runs as it is configured. */
  readonly state: string | null;
  /** As Proxmox tells it, without secrets; its sets in one order. */
  readonly rawConfig: Row;
}

export interface SdnController extends SdnRow {
  readonly name: string;
  /** `evpn`, `bgp`, `isis`, `faucet`. */
  readonly type: string | null;
  /** 0 to 4294967295. */
  readonly asn: number | null;
  readonly peers: readonly string[];
  readonly nodes: readonly string[];
  /** Name of an interface. */
  readonly loopback: string | null;
}

export interface SdnZone extends SdnRow {
  readonly name: string;
  /** `simple`, `vlan`, `qinq`, `vxlan`, `evpn`, `faucet`. */
  readonly type: string | null;
  readonly controller: string | null;
  readonly vrfVxlan: number | null;
  /** Service VLAN of a `qinq` zone. */
  readonly tag: number | null;
  readonly mtu: number | null;
  readonly dns: string | null;
  readonly ipam: string | null;
  /** Route targets that an `evpn` zone imports, sorted. */
  readonly rtImport: readonly string[];
}

export interface SdnVnet extends SdnRow {
  readonly name: string;
  readonly zone: string | null;
  readonly type: string | null;
  /** VLAN or VNI, by the type of the zone. */
  readonly tag: number | null;
  readonly alias: string | null;
  readonly vlanaware: boolean;
}

export interface SdnSubnet extends SdnRow {
  /** `zone-10.0.0.0-24`. */
  readonly id: string;
  readonly vnet: string;
  readonly zone: string | null;
  /** As Proxmox tells it; null where it does not, whatever the id says. */
  readonly cidr: string | null;
  readonly type: string | null;
  readonly gateway: string | null;
  readonly snat: boolean;
}

/** What a node says of a zone: `available`, `pending`, `error`. */
export interface SdnNodeZone {
  readonly zone: string;
  readonly status: string | null;
}

/** null for a row without a name, as for those that follow. */
export function parseSdnController(listed: Row): SdnController | null {
  const { row, ...common } = asItRuns(listed);
  const name = toText(row.controller);
  if (name === null) return null;
  return {
    ...common,
    name,
    type: toText(row.type),
    asn: toInt(row.asn),
    peers: membersOf(toText(row.peers)),
    nodes: membersOf(toText(field(row, 'nodes', 'node'))),
    loopback: toText(row.loopback),
  };
}

export function parseSdnZone(listed: Row): SdnZone | null {
  const { row, ...common } = asItRuns(listed);
  const name = toText(row.zone);
  if (name === null) return null;
  return {
    ...common,
    name,
    type: toText(row.type),
    controller: toText(row.controller),
    vrfVxlan: toInt(row['vrf-vxlan']),
    tag: toInt(row.tag),
    mtu: toInt(row.mtu),
    dns: toText(row.dns),
    ipam: toText(row.ipam),
    rtImport: membersOf(toText(row['rt-import'])),
  };
}

export function parseSdnVnet(listed: Row): SdnVnet | null {
  const { row, ...common } = asItRuns(listed);
  const name = toText(row.vnet);
  if (name === null) return null;
  return {
    ...common,
    name,
    zone: toText(row.zone),
    type: toText(row.type),
    tag: toInt(row.tag),
    alias: toText(row.alias),
    vlanaware: toBool(row.vlanaware) ?? false,
  };
}

/** @param vnet that it was listed for */
export function parseSdnSubnet(listed: Row, vnet: string): SdnSubnet | null {
  const { row, ...common } = asItRuns(listed);
  const id = toText(row.subnet);
  if (id === null) return null;
  return {
    ...common,
    id,
    vnet,
    zone: toText(row.zone),
    cidr: toText(row.cidr),
    type: toText(row.type),
    gateway: toText(row.gateway),
    snat: toBool(row.snat) ?? false,
  };
}

export function parseSdnNodeZone(row: Row): SdnNodeZone | null {
  const zone = toText(row.zone);
  return zone === null ? null : { zone, status: toText(row.status) };
}

/** The row with the values that count: those of one that was never applied are its pending ones. */
export function asItRuns(listed: Row): SdnRow & { readonly row: Row } {
  const { pending, ...rest } = inOneOrder(listed);
  const waiting = isObject(pending) ? inOneOrder(pending) : undefined;
  const state = toText(rest['state']);
  const raw = waiting === undefined ? rest : { ...rest, pending: waiting };
  return {
    row: state === 'new' ? { ...waiting, ...rest } : rest,
    state,
    rawConfig: withoutSecrets(raw),
  };
}
