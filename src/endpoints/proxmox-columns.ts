/**
 * From a body to the columns of a Proxmox endpoint: credential rule, host rule, sealing. A PUT is judged by the record
 * that results from it; what it does not name stays.
 */
import { ProxboxError } from '../errors/proxbox-error.js';
import type { CredentialVault } from '../security/credential-vault.js';
import type { GuardSettings } from '../security/outbound-guard.js';
import { checkHosts, ssrfHint } from './endpoint-hosts.js';
import type { ProxmoxEndpointCreate, ProxmoxEndpointUpdate } from './proxmox-body.js';
import type { ProxmoxRow } from './proxmox-rows.js';

type Columns = Omit<ProxmoxRow, 'id'>;
type Sent = string | null | undefined;

export interface ColumnRules {
  readonly vault: CredentialVault;
  readonly guardSettings: () => GuardSettings;
  /** Throws when another row has the name. */
  readonly checkName: (name: string) => void;
}

function checkCredentials(has: {
  readonly password: boolean;
  readonly tokenName: boolean;
  readonly tokenValue: boolean;
}): void {
  if (has.tokenName !== has.tokenValue) {
    throw new ProxboxError('bad_request', 'token_name and token_value must be provided together');
  }
  if (!has.password && !has.tokenName) {
    throw new ProxboxError('bad_request', 'Provide password or both token_name/token_value');
  }
}

const isPresent = (text: Sent): boolean => text !== undefined && text !== null && text !== '';
const orNull = (text: Sent): string | null => (text === undefined || text === '' ? null : text);

/** Present keys win, explicit null included; absent ones keep what is stored. */
function pick<T>(sent: T | undefined, stored: T): T {
  return sent === undefined ? stored : sent;
}

export function newProxmoxColumns(body: ProxmoxEndpointCreate, rules: ColumnRules): Columns {
  const { vault, guardSettings, checkName } = rules;
  checkCredentials({
    password: isPresent(body.password),
    tokenName: isPresent(body.token_name),
    tokenValue: isPresent(body.token_value),
  });
  checkHosts({ ipAddress: body.ip_address, domain: body.domain ?? null }, guardSettings(), '');
  checkName(body.name);
  return {
    name: body.name,
    ipAddress: body.ip_address,
    domain: body.domain ?? null,
    port: body.port,
    username: body.username,
    password: vault.seal(orNull(body.password), 'other'),
    verifySsl: body.verify_ssl,
    allowWrites: body.allow_writes,
    accessMethods: body.access_methods,
    allowPackerTemplateBuilds: body.allow_packer_template_builds,
    nodeDeviceNameTemplate: body.node_device_name_template ?? '',
    enabled: body.enabled,
    tokenName: orNull(body.token_name),
    tokenValue: vault.seal(orNull(body.token_value), 'other'),
    ...inheritedColumns(body, nothingInherited),
    pluginEndpointId: null,
    pluginAllowWrites: null,
    pluginEnabled: null,
  };
}

type InheritedColumns = Pick<
  Columns,
  | 'timeout'
  | 'maxRetries'
  | 'retryBackoff'
  | 'siteId'
  | 'siteSlug'
  | 'siteName'
  | 'tenantId'
  | 'tenantSlug'
  | 'tenantName'
>;

const nothingInherited: InheritedColumns = {
  timeout: null,
  maxRetries: null,
  retryBackoff: null,
  siteId: null,
  siteSlug: null,
  siteName: null,
  tenantId: null,
  tenantSlug: null,
  tenantName: null,
};

function inheritedColumns(body: ProxmoxEndpointUpdate, stored: InheritedColumns): InheritedColumns {
  return {
    timeout: pick(body.timeout, stored.timeout),
    maxRetries: pick(body.max_retries, stored.maxRetries),
    retryBackoff: pick(body.retry_backoff, stored.retryBackoff),
    siteId: pick(body.site_id, stored.siteId),
    siteSlug: pick(body.site_slug, stored.siteSlug),
    siteName: pick(body.site_name, stored.siteName),
    tenantId: pick(body.tenant_id, stored.tenantId),
    tenantSlug: pick(body.tenant_slug, stored.tenantSlug),
    tenantName: pick(body.tenant_name, stored.tenantName),
  };
}

function checkChangedCredentials(row: ProxmoxRow, body: ProxmoxEndpointUpdate): void {
  const sent = [body.password, body.token_name, body.token_value];
  if (sent.every((value) => value === undefined)) return;
  checkCredentials({
    password: isPresent(pick(body.password, row.password)),
    tokenName: isPresent(pick(body.token_name, row.tokenName)),
    tokenValue: isPresent(pick(body.token_value, row.tokenValue)),
  });
}

/** A secret that the body does not name is written anew when it is plain text or another key has sealed it. */
function nextSecret(sent: Sent, stored: string | null, vault: CredentialVault): string | null {
  return sent === undefined ? vault.reseal(stored, 'other') : vault.seal(orNull(sent), 'other', stored);
}

export function changedProxmoxColumns(row: ProxmoxRow, body: ProxmoxEndpointUpdate, rules: ColumnRules): Columns {
  const { vault, guardSettings, checkName } = rules;
  checkChangedCredentials(row, body);
  const hosts = { ipAddress: pick(body.ip_address, row.ipAddress), domain: pick(body.domain, row.domain) };
  checkHosts(hosts, guardSettings(), ssrfHint);
  const name = pick(body.name, row.name);
  checkName(name);
  return {
    ...hosts,
    name,
    port: pick(body.port, row.port),
    username: pick(body.username, row.username),
    password: nextSecret(body.password, row.password, vault),
    verifySsl: pick(body.verify_ssl, row.verifySsl),
    allowWrites: pick(body.allow_writes, row.allowWrites),
    accessMethods: pick(body.access_methods, row.accessMethods),
    allowPackerTemplateBuilds: pick(body.allow_packer_template_builds, row.allowPackerTemplateBuilds),
    // Files of the Python service refuse null here.
    nodeDeviceNameTemplate: pick(body.node_device_name_template, row.nodeDeviceNameTemplate) ?? '',
    enabled: pick(body.enabled, row.enabled),
    tokenName: body.token_name === undefined ? row.tokenName : orNull(body.token_name),
    tokenValue: nextSecret(body.token_value, row.tokenValue, vault),
    ...inheritedColumns(body, row),
    pluginEndpointId: row.pluginEndpointId,
    pluginAllowWrites: row.pluginAllowWrites,
    pluginEnabled: row.pluginEnabled,
  };
}
