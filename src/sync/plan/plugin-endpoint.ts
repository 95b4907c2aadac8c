import { isObject, relationId, textOf, toNumber } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';

/** What is compared of a stored Proxmox endpoint. */
export interface EndpointTarget {
  readonly name: string;
  readonly domain: string | null;
  readonly ipAddress: string;
  readonly port: number;
}

const suffix = / \(nb:(\d+)\)$/;

/**
 * The plugin's own row (`/api/plugins/proxbox/endpoints/proxmox/`) of one of our endpoints, or undefined when it cannot
 * be told for sure: by the ` (nb:<id>)` suffix with an equal target, by domain and port, by address and port, by name,
 * or because it is the only one.
 */
export function pluginEndpointOf(endpoint: EndpointTarget, rows: readonly NetBoxRecord[]): NetBoxRecord | undefined {
  const id = Number(suffix.exec(endpoint.name)?.[1] ?? Number.NaN);
  const bySuffix = rows.find((row) => row.id === id);
  if (bySuffix !== undefined && sameTarget(endpoint, bySuffix)) return bySuffix;
  const plainName = withoutSuffix(endpoint.name);
  return (
    only(
      rows.filter(
        (row) => endpoint.domain !== null && domainOf(row) === endpoint.domain && portOf(row) === endpoint.port,
      ),
    ) ??
    only(rows.filter((row) => addressOf(row) === endpoint.ipAddress && portOf(row) === endpoint.port)) ??
    only(rows.filter((row) => textOf(row['name']) === plainName)) ??
    only(rows)
  );
}

/** The name that the endpoint has in the plugin. */
export function withoutSuffix(name: string): string {
  return name.replace(suffix, '');
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
  rows: readonly NetBoxRecord[],
): NetBoxRecord | undefined {
  if (endpointId === null) return undefined;
  return rows.find((row) => textOf(row['name']) === name && relationId(row['endpoint']) === endpointId);
}

/** True when the row leads to the same host and port. */
export function sameTarget(endpoint: EndpointTarget, row: NetBoxRecord): boolean {
  if (portOf(row) !== endpoint.port) return false;
  const domain = domainOf(row);
  return domain !== '' && endpoint.domain !== null ? domain === endpoint.domain : addressOf(row) === endpoint.ipAddress;
}

function only<T>(rows: readonly T[]): T | undefined {
  return rows.length === 1 ? rows[0] : undefined;
}

function domainOf(row: NetBoxRecord): string {
  return textOf(row['domain']).trim();
}

function addressOf(row: NetBoxRecord): string {
  const address = row['ip_address'];
  return (isObject(address) ? textOf(address['address']) : textOf(address)).replace(/\/\d+$/, '');
}

function portOf(row: NetBoxRecord): number {
  return toNumber(row['port']) ?? 8006;
}
