/** Shapes of the stored endpoints: what the API shows of a row, and what the rest of the service sees. Pure. */
import type { z } from 'zod';
import { netboxColumns, proxmoxColumns, type EndpointColumn, type EndpointColumns } from '../db/endpoint-columns.js';
import type { netboxEndpoints, proxmoxEndpoints } from '../db/schema.js';
import { NetBoxEndpointRecord, ProxmoxEndpointRecord } from './bodies.js';

export type ProxmoxRow = typeof proxmoxEndpoints.$inferSelect;
export type NetBoxRow = typeof netboxEndpoints.$inferSelect;

/** Null where Proxmox objects go where NetBox puts them. */
export interface Placement {
  readonly id: number | null;
  readonly slug: string | null;
  readonly name: string | null;
}

function meaningOf({ read, initial }: EndpointColumn, stored: unknown): unknown {
  if (read !== undefined) return read(typeof stored === 'string' ? stored : null);
  return stored ?? initial ?? null;
}

function recordOf<S extends z.ZodObject>(table: EndpointColumns, view: S, row: { readonly id: number }): z.infer<S>;
function recordOf(table: EndpointColumns, view: z.ZodObject, row: Readonly<Record<string, unknown>>) {
  const shown = Object.entries(table).filter(([name]) => name in view.shape);
  return { id: row['id'], ...Object.fromEntries(shown.map(([name, column]) => [name, meaningOf(column, row[name])])) };
}

export function toProxmoxRecord(row: ProxmoxRow): ProxmoxEndpointRecord {
  return recordOf(proxmoxColumns, ProxmoxEndpointRecord, row);
}

export function toNetBoxRecord(row: NetBoxRow): NetBoxEndpointRecord {
  return recordOf(netboxColumns, NetBoxEndpointRecord, row);
}

/** What both kinds of endpoints are reached by. */
function reachOf<D>(
  record: Omit<NetBoxEndpointRecord, 'domain' | 'token_version' | 'base_path'> & { readonly domain: D },
) {
  const { id, name, ip_address: ipAddress, domain, port, verify_ssl: verifySsl, enabled } = record;
  return { id, name, ipAddress, domain, port, verifySsl, enabled } as const;
}

export function toProxmoxEndpoint(row: ProxmoxRow, revision: string) {
  const record = toProxmoxRecord(row);
  const site: Placement = { id: row.site_id, slug: row.site_slug, name: row.site_name };
  const tenant: Placement = { id: row.tenant_id, slug: row.tenant_slug, name: row.tenant_name };
  return {
    /** The plugin stores its own id in the name, see values/plugin-id.ts. */
    ...reachOf(record),
    username: record.username,
    allowWrites: record.allow_writes,
    accessMethods: record.access_methods,
    /** Seconds; null inherits the plugin setting `proxmox_timeout`. */
    timeoutS: record.timeout,
    maxRetries: record.max_retries,
    /** Seconds. */
    retryBackoffS: record.retry_backoff,
    /** Name of the devices of its nodes; empty inherits the plugin setting. */
    nodeDeviceNameTemplate: record.node_device_name_template,
    site,
    tenant,
    /** Last seen values of the plugin's own endpoint row; null = never seen. */
    plugin: { endpointId: row.plugin_endpoint_id, allowWrites: row.plugin_allow_writes, enabled: row.plugin_enabled },
    /** Changes whenever a field that matters for the connection changes; part of every client and cache key. */
    revision,
  } as const;
}

export function toNetBoxEndpoint(row: NetBoxRow, revision: string) {
  const record = toNetBoxRecord(row);
  return {
    /** The domain is empty when there is none. */
    ...reachOf(record),
    /** `/netbox`, or empty. */
    basePath: record.base_path ?? '',
    tokenVersion: record.token_version,
    /** As that of a Proxmox endpoint. */
    revision,
  } as const;
}
