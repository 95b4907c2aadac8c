/** Shapes of a NetBox endpoint: the stored row, what the API shows, and what the rest of the service sees. Pure. */
import type { netboxEndpoints } from '../db/schema.js';
import type { NetBoxEndpoint } from './types.js';

export type NetBoxRow = typeof netboxEndpoints.$inferSelect;

/** Wire shape; secrets are left out, not masked. */
export interface NetBoxEndpointRecord {
  readonly id: number;
  readonly name: string;
  readonly ip_address: string;
  readonly domain: string;
  readonly port: number;
  readonly token_version: 'v1' | 'v2';
  readonly verify_ssl: boolean;
  readonly enabled: boolean;
}

export function tokenVersionOf(row: Pick<NetBoxRow, 'tokenVersion'>): 'v1' | 'v2' {
  return row.tokenVersion?.trim().toLowerCase() === 'v2' ? 'v2' : 'v1';
}

export function toNetBoxRecord(row: NetBoxRow): NetBoxEndpointRecord {
  return {
    id: row.id,
    name: row.name,
    ip_address: row.ipAddress,
    domain: row.domain,
    port: row.port,
    token_version: tokenVersionOf(row),
    verify_ssl: row.verifySsl,
    enabled: row.enabled,
  };
}

export function toNetBoxEndpoint(row: NetBoxRow, revision: string): NetBoxEndpoint {
  return {
    id: row.id,
    name: row.name,
    ipAddress: row.ipAddress,
    domain: row.domain,
    port: row.port,
    tokenVersion: tokenVersionOf(row),
    verifySsl: row.verifySsl,
    enabled: row.enabled,
    revision,
  };
}
