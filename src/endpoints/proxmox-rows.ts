/** Shapes of a Proxmox endpoint: the stored row, what the API shows, and what the rest of the service sees. Pure. */
import type { proxmoxEndpoints } from '../db/schema.js';
import type { ProxmoxEndpoint } from './types.js';

export type ProxmoxRow = typeof proxmoxEndpoints.$inferSelect;

/** Wire shape; secrets, and the name of the token, are left out, not masked. */
export interface ProxmoxEndpointRecord {
  readonly id: number;
  readonly name: string;
  readonly ip_address: string;
  readonly domain: string | null;
  readonly port: number;
  readonly username: string;
  readonly verify_ssl: boolean;
  readonly enabled: boolean;
  readonly allow_writes: boolean;
  readonly allow_packer_template_builds: boolean;
  readonly access_methods: 'api' | 'api_ssh';
  /** Empty inherits the plugin's setting. */
  readonly node_device_name_template: string;
  readonly site_id: number | null;
  readonly site_slug: string | null;
  readonly site_name: string | null;
  readonly tenant_id: number | null;
  readonly tenant_slug: string | null;
  readonly tenant_name: string | null;
  readonly timeout: number | null;
  readonly max_retries: number | null;
  readonly retry_backoff: number | null;
}

function accessMethodsOf(row: Pick<ProxmoxRow, 'accessMethods'>): 'api' | 'api_ssh' {
  return row.accessMethods === 'api_ssh' ? 'api_ssh' : 'api';
}

export function toProxmoxRecord(row: ProxmoxRow): ProxmoxEndpointRecord {
  return {
    id: row.id,
    name: row.name,
    ip_address: row.ipAddress,
    domain: row.domain,
    port: row.port,
    username: row.username,
    verify_ssl: row.verifySsl,
    enabled: row.enabled,
    allow_writes: row.allowWrites,
    allow_packer_template_builds: row.allowPackerTemplateBuilds ?? false,
    access_methods: accessMethodsOf(row),
    node_device_name_template: row.nodeDeviceNameTemplate ?? '',
    site_id: row.siteId,
    site_slug: row.siteSlug,
    site_name: row.siteName,
    tenant_id: row.tenantId,
    tenant_slug: row.tenantSlug,
    tenant_name: row.tenantName,
    timeout: row.timeout,
    max_retries: row.maxRetries,
    retry_backoff: row.retryBackoff,
  };
}

export function toProxmoxEndpoint(row: ProxmoxRow, revision: string): ProxmoxEndpoint {
  return {
    id: row.id,
    name: row.name,
    ipAddress: row.ipAddress,
    domain: row.domain,
    port: row.port,
    username: row.username,
    verifySsl: row.verifySsl,
    allowWrites: row.allowWrites,
    accessMethods: accessMethodsOf(row),
    enabled: row.enabled,
    timeoutS: row.timeout,
    maxRetries: row.maxRetries,
    retryBackoffS: row.retryBackoff,
    nodeDeviceNameTemplate: row.nodeDeviceNameTemplate ?? '',
    site: { id: row.siteId, slug: row.siteSlug, name: row.siteName },
    tenant: { id: row.tenantId, slug: row.tenantSlug, name: row.tenantName },
    plugin: { endpointId: row.pluginEndpointId, allowWrites: row.pluginAllowWrites, enabled: row.pluginEnabled },
    revision,
  };
}

/** What a session depends on: a change of any of it makes a new one. */
export function proxmoxConnectionOf(row: ProxmoxRow): readonly unknown[] {
  const target = [row.id, row.ipAddress, row.domain, row.port, row.username, row.verifySsl, row.enabled];
  const secrets = [row.password, row.tokenName, row.tokenValue];
  return [...target, ...secrets, row.timeout, row.maxRetries, row.retryBackoff];
}
