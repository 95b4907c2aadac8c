/**
 * `source=netbox`: the rows of the NetBox plugin say which Proxmox endpoints there are, where they are and how to reach
 * them. The plugin never gives out secrets, so those come from the stored endpoint that belongs to a row, and so does the
 * id that is written to sidecars: a guest keeps its identity whichever source a run uses. Pure.
 */
import type { Placement, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { textOf, toNumber } from '../netbox/kinds/values.js';
import type { NetBoxRecord } from '../netbox/types.js';
import { isObject } from '../values/plain-object.js';
import { pluginIdOf, withPluginId } from '../values/plugin-id.js';
import { sameTarget, targetOf } from './plugin-rows.js';
import type { EndpointSource } from './endpoint-source.js';

const nowhere: Placement = { id: null, slug: null, name: null };

export interface PluginSourceInput {
  readonly rows: readonly NetBoxRecord[];
  readonly stored: readonly ProxmoxEndpoint[];
  /** Throws when an address may not be connected to. */
  readonly checkHosts: (endpoint: ProxmoxEndpoint) => void;
}

/**
 * Candidates carry the ids and names of the plugin; `usable` answers the endpoint with the id of the stored one.
 * `usable` throws ProxboxError `not_configured` (400) when no stored endpoint has secrets for the row, and what
 * `checkHosts` throws.
 */
export function pluginSource({ rows, stored, checkHosts }: PluginSourceInput): EndpointSource {
  const holders = holdersOf(rows, stored);
  return {
    candidates: rows.map((row) => candidateOf(row)),
    usable(candidate) {
      const holder = holders.get(candidate.id);
      if (holder === undefined) throw withoutSecrets(candidate);
      const endpoint = { ...candidate, ...ofHolder(candidate, holder) };
      checkHosts(endpoint);
      return endpoint;
    },
  };
}

function withoutSecrets({ name }: ProxmoxEndpoint): ProxboxError {
  return new ProxboxError(
    'not_configured',
    `Proxmox endpoint '${name}': credentials are not readable from NetBox; push the endpoint or use source=database`,
    { where: { endpoint: name } },
  );
}

/** The name is the one under which the plugin pushes the row: it says which row it is wherever it turns up. */
function ofHolder(candidate: ProxmoxEndpoint, holder: ProxmoxEndpoint): Partial<ProxmoxEndpoint> {
  const ipAddress = candidate.ipAddress === '' ? holder.ipAddress : candidate.ipAddress;
  const said = [candidate.domain, ipAddress, candidate.port, candidate.username, candidate.verifySsl];
  const patience = [candidate.timeoutS, candidate.maxRetries, candidate.retryBackoffS];
  return {
    id: holder.id,
    name: withPluginId(candidate.name, candidate.id),
    ipAddress,
    allowWrites: holder.allowWrites,
    // Other values, another connection; the stored secrets are part of the holder's revision.
    revision: `${holder.revision}|${JSON.stringify([...said, ...patience])}`,
  };
}

/** Which stored endpoint belongs to which row, by id of the row. One stored endpoint serves one row. */
function holdersOf(
  rows: readonly NetBoxRecord[],
  stored: readonly ProxmoxEndpoint[],
): ReadonlyMap<number, ProxmoxEndpoint> {
  const enabledFirst = [...stored].sort((a, b) => Number(b.enabled) - Number(a.enabled) || a.id - b.id);
  const holders = new Map<number, ProxmoxEndpoint>();
  const taken = new Set<number>();
  const give = (row: NetBoxRecord, fits: (endpoint: ProxmoxEndpoint) => boolean): void => {
    const holder = holders.has(row.id) ? undefined : enabledFirst.find((one) => !taken.has(one.id) && fits(one));
    if (holder === undefined) return;
    holders.set(row.id, holder);
    taken.add(holder.id);
  };
  for (const row of rows) give(row, ({ name }) => pluginIdOf(name) === row.id);
  for (const row of rows) give(row, (endpoint) => sameTarget(endpoint, row));
  return holders;
}

function candidateOf(row: NetBoxRecord): ProxmoxEndpoint {
  const enabled = row['enabled'] !== false;
  return {
    id: row.id,
    name: textOf(row['name']).trim(),
    ...targetOf(row),
    username: textOf(row['username']).trim(),
    verifySsl: row['verify_ssl'] === true,
    allowWrites: false,
    accessMethods: textOf(row['access_methods']) === 'api_ssh' ? 'api_ssh' : 'api',
    enabled,
    timeoutS: toNumber(row['timeout']),
    maxRetries: toNumber(row['max_retries']),
    retryBackoffS: toNumber(row['retry_backoff']),
    nodeDeviceNameTemplate: textOf(row['node_device_name_template']),
    site: placementOf(row, 'site'),
    tenant: placementOf(row, 'tenant'),
    plugin: { endpointId: row.id, allowWrites: row['allow_writes'] === true, enabled },
    revision: '',
  };
}

function placementOf(row: NetBoxRecord, kind: 'site' | 'tenant'): Placement {
  const nested = row[kind];
  if (!isObject(nested)) return nowhere;
  return {
    id: toNumber(nested['id']),
    slug: textOf(nested['slug']) || null,
    name: textOf(nested['name']) || textOf(nested['display']) || null,
  };
}
