/** Which of the plugin's own rows in NetBox is whose: of a stored Proxmox endpoint, of a cluster, of a node. Pure. */
import type { RecordOf } from '../netbox/kinds/index.js';
import { textOf, toNumber } from '../netbox/kinds/values.js';
import type { NetBoxRecord } from '../netbox/types.js';
import { isObject } from '../values/plain-object.js';
import { pluginIdOf, withoutPluginId } from '../values/plugin-id.js';

/** What is compared of a stored Proxmox endpoint. */
export interface EndpointTarget {
  readonly name: string;
  readonly domain: string | null;
  readonly ipAddress: string;
  readonly port: number;
}

/**
 * The plugin's own row (`/api/plugins/proxbox/endpoints/proxmox/`) of one of our endpoints, or undefined when it cannot
 * be told for sure: by the ` (nb:<id>)` suffix with an equal target, by domain and port, by address and port, by name,
 * or because it is the only one.
 */
export function pluginEndpointOf(endpoint: EndpointTarget, rows: readonly NetBoxRecord[]): NetBoxRecord | undefined {
  const id = pluginIdOf(endpoint.name);
  const bySuffix = rows.find((row) => row.id === id);
  if (bySuffix !== undefined && sameTarget(endpoint, bySuffix)) return bySuffix;
  const plainName = withoutPluginId(endpoint.name);
  const { domain, ipAddress, port } = endpoint;
  const atPort = rows.map((row) => ({ row, target: targetOf(row) })).filter(({ target }) => target.port === port);
  return (
    only(atPort.filter(({ target }) => (target.domain ?? '') === domain))?.row ??
    only(atPort.filter(({ target }) => target.ipAddress === ipAddress))?.row ??
    only(rows.filter((row) => textOf(row['name']) === plainName)) ??
    only(rows)
  );
}

/**
 * The plugin's row of a cluster: that of its owner. Undefined when the row was only guessed (equal name, the only one) and
 * another stored endpoint, of another cluster, leads to it too: the jobs of both would be written over each other.
 */
export function pluginEndpointOfCluster(
  { owner, endpointIds }: { readonly owner: { readonly endpointId: number }; readonly endpointIds: readonly number[] },
  endpoints: ReadonlyMap<number, EndpointTarget>,
  rows: readonly NetBoxRecord[],
): NetBoxRecord | undefined {
  const endpoint = endpoints.get(owner.endpointId);
  const row = endpoint === undefined ? undefined : pluginEndpointOf(endpoint, rows);
  if (endpoint === undefined || row === undefined || sameTarget(endpoint, row)) return row;
  const isShared = [...endpoints].some(
    ([id, other]) => !endpointIds.includes(id) && pluginEndpointOf(other, rows)?.id === row.id,
  );
  return isShared ? undefined : row;
}

/** Of the plugin's rows about nodes the one of this endpoint: node names repeat. */
export function nodeRowOf(
  endpointId: number | null,
  name: string | null,
  rows: readonly RecordOf<'node-link'>[],
): RecordOf<'node-link'> | undefined {
  if (endpointId === null) return undefined;
  return rows.find((row) => row.name === name && row.endpoint === endpointId);
}

/** True when the row leads to the same host and port. */
export function sameTarget(endpoint: EndpointTarget, row: NetBoxRecord): boolean {
  const { domain, ipAddress, port } = targetOf(row);
  if (port !== endpoint.port) return false;
  return domain !== null && endpoint.domain !== null ? domain === endpoint.domain : ipAddress === endpoint.ipAddress;
}

function only<T>(rows: readonly T[]): T | undefined {
  return rows.length === 1 ? rows[0] : undefined;
}

/** Where the row leads to. */
export function targetOf(row: NetBoxRecord): Omit<EndpointTarget, 'name'> {
  const address = row['ip_address'];
  return {
    domain: textOf(row['domain']).trim() || null,
    ipAddress: (isObject(address) ? textOf(address['address']) : textOf(address)).trim().replace(/\/\d+$/, ''),
    port: toNumber(row['port']) ?? 8006,
  };
}
