/**
 * From a body to the columns of a NetBox endpoint: token rule, host rule, sealing. A PUT is judged by the record that
 * results from it; secrets that it does not name keep their value.
 */
import { ProxboxError } from '../errors/proxbox-error.js';
import type { CredentialVault } from '../security/credential-vault.js';
import type { GuardSettings } from '../security/outbound-guard.js';
import { checkHosts, ssrfHint } from './endpoint-hosts.js';
import type { NetBoxEndpointCreate, NetBoxEndpointUpdate } from './netbox-body.js';
import { tokenVersionOf, type NetBoxRow } from './netbox-rows.js';

type Columns = Omit<NetBoxRow, 'id'>;

export interface NetBoxColumnRules {
  readonly vault: CredentialVault;
  readonly guardSettings: () => GuardSettings;
}

interface TokenFacts {
  readonly version: 'v1' | 'v2';
  readonly hasToken: boolean;
  readonly hasKey: boolean;
}

function bad(message: string): ProxboxError {
  return new ProxboxError('bad_request', message);
}

function parseVersion(text: string): 'v1' | 'v2' {
  const version = text.trim().toLowerCase();
  if (version !== 'v1' && version !== 'v2') throw bad("Invalid token_version. Must be 'v1' or 'v2'.");
  return version;
}

function checkToken({ version, hasToken, hasKey }: TokenFacts): void {
  if (version === 'v1' && !hasToken) throw bad('token is required for NetBox API token v1');
  if (version === 'v2' && !(hasToken && hasKey)) {
    throw bad('token_key and token (secret) must both be set for NetBox API token v2');
  }
}

const present = (text: string | null): boolean => text !== null && text !== '';
const trimmed = (text: string | null | undefined): string => (text ?? '').trim();

export function newNetBoxColumns(body: NetBoxEndpointCreate, { vault, guardSettings }: NetBoxColumnRules): Columns {
  const version = parseVersion(body.token_version);
  const key = version === 'v2' ? trimmed(body.token_key) : '';
  const token = trimmed(body.token);
  checkToken({ version, hasToken: token !== '', hasKey: key !== '' });
  checkHosts({ ipAddress: body.ip_address, domain: body.domain }, guardSettings(), ssrfHint);
  return {
    name: body.name,
    ipAddress: body.ip_address,
    domain: body.domain,
    port: body.port,
    tokenVersion: version,
    tokenKey: vault.seal(key, 'netbox'),
    token: vault.seal(token, 'netbox') ?? '',
    verifySsl: body.verify_ssl,
    enabled: body.enabled,
  };
}

/** A secret that the body does not name is written anew when it is plain text or another key has sealed it. */
function nextSecret(sent: string | null | undefined, stored: string | null, vault: CredentialVault): string | null {
  return sent === undefined ? vault.reseal(stored, 'netbox') : vault.seal(trimmed(sent), 'netbox', stored);
}

function checkChangedToken(row: NetBoxRow, body: NetBoxEndpointUpdate, version: 'v1' | 'v2'): void {
  checkToken({
    version,
    hasToken: body.token === undefined ? present(row.token) : trimmed(body.token) !== '',
    hasKey: body.token_key === undefined ? present(row.tokenKey) : trimmed(body.token_key) !== '',
  });
}

export function changedNetBoxColumns(
  row: NetBoxRow,
  body: NetBoxEndpointUpdate,
  { vault, guardSettings }: NetBoxColumnRules,
): Columns {
  const version = body.token_version === undefined ? tokenVersionOf(row) : parseVersion(body.token_version);
  checkChangedToken(row, body, version);
  const domain = body.domain === undefined ? row.domain : (body.domain ?? '');
  const hosts = { ipAddress: body.ip_address ?? row.ipAddress, domain };
  checkHosts(hosts, guardSettings(), ssrfHint);
  return {
    ...hosts,
    name: body.name ?? row.name,
    port: body.port ?? row.port,
    tokenVersion: version,
    tokenKey: version === 'v1' ? null : nextSecret(body.token_key, row.tokenKey, vault),
    token: nextSecret(body.token, row.token, vault) ?? '',
    verifySsl: body.verify_ssl ?? row.verifySsl,
    enabled: body.enabled ?? row.enabled,
  };
}
