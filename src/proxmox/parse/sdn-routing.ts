/** Rows of fabrics, route maps and prefix lists of Proxmox's software-defined networks: 9.0, the latter two 9.2 and later. Pure. */
import { isObject } from '../../values/plain-object.js';
import { field, type Row, rowsOf, toInt, toText } from './coerce.js';
import { parsePropertyString } from './property-string.js';
import { asItRuns, type SdnRow } from './sdn.js';

export interface SdnFabric extends SdnRow {
  readonly name: string;
  /** `openfabric`, `ospf`, `bgp`, `wireguard`. */
  readonly protocol: string | null;
  readonly asn: number | null;
}

export interface SdnRouteMapEntry extends SdnRow {
  /** Of the route map; one has several entries. */
  readonly name: string;
  readonly order: number;
  readonly action: string | null;
  readonly matchPeer: string | null;
  /** Name of a prefix list. */
  readonly matchIp: string | null;
  readonly setCommunity: string | null;
}

export interface SdnPrefixListEntry extends SdnRow {
  /** Of the list; one has several entries. */
  readonly name: string;
  readonly seq: number;
  /** `permit`, `deny`. */
  readonly action: string | null;
  readonly prefix: string | null;
  readonly le: number | null;
  readonly ge: number | null;
}

/** `{fabrics, nodes}`: the nodes of a fabric are kept with it. null: the answer is of another shape. */
export function parseSdnFabrics(answer: unknown): readonly SdnFabric[] | null {
  if (!isObject(answer) || !Array.isArray(answer['fabrics'])) return null;
  const nodes = rowsOf(answer['nodes']).map(asItRuns);
  return rowsOf(answer['fabrics']).flatMap((listed) => {
    const { row, state, rawConfig } = asItRuns(listed);
    const name = toText(row.id);
    if (name === null) return [];
    const own = nodes
      .filter(({ row: node }) => toText(field(node, 'fabric_id', 'fabric-id')) === name)
      .map((node) => node.rawConfig)
      .toSorted((one, other) => (nodeOf(one) < nodeOf(other) ? -1 : 1));
    return [
      { name, protocol: toText(row.protocol), asn: toInt(row.asn), state, rawConfig: { ...rawConfig, nodes: own } },
    ];
  });
}

function nodeOf(row: Row): string {
  return toText(field(row, 'node_id', 'node-id')) ?? '';
}

export function parseSdnRouteMapEntry(listed: Row): SdnRouteMapEntry | null {
  const { row, ...common } = asItRuns(listed);
  const name = toText(row['route-map-id']);
  const order = toInt(row.order);
  if (name === null || order === null) return null;
  const match = valuesOf(row.match);
  return {
    ...common,
    name,
    order,
    action: toText(row.action),
    matchPeer: match.get('peer') ?? null,
    matchIp: match.get('ip-address-prefix-list') ?? match.get('ip6-address-prefix-list') ?? null,
    setCommunity: valuesOf(row.set).get('community') ?? null,
  };
}

/** @param name of the list that has the entry */
export function parseSdnPrefixListEntry(listed: Row, name: string): SdnPrefixListEntry | null {
  const { row, ...common } = asItRuns(listed);
  const seq = toInt(row.seq);
  if (seq === null) return null;
  return {
    ...common,
    name,
    seq,
    action: toText(row.action),
    prefix: toText(row.prefix),
    le: toInt(row.le),
    ge: toInt(row.ge),
  };
}

/** `[{key, value}]`, or each as text (`key=peer,value=192.0.2.1`). */
function valuesOf(list: unknown): ReadonlyMap<string, string> {
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  return new Map(
    items.flatMap((item): readonly (readonly [string, string])[] => {
      const pairs = isObject(item) ? new Map(Object.entries(item)) : parsePropertyString(toText(item) ?? '', 'key');
      const [key, value] = [toText(pairs.get('key')), toText(pairs.get('value'))];
      return key === null ? [] : [[key, value ?? '']];
    }),
  );
}
