/** Which Proxmox endpoints a request means. Pure. */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { SourceName } from '../plugin-endpoints/endpoint-source.js';

/** As the query names them; unknown keys are ignored. */
export interface EndpointScope {
  readonly source?: string | undefined;
  /** Comma list of ids of this service, or of the plugin with `source=netbox`; wins over `endpoint_ids`. */
  readonly proxmox_endpoint_ids?: string | undefined;
  readonly endpoint_ids?: string | undefined;
  readonly ip_address?: string | undefined;
  readonly domain?: string | undefined;
  /** Of the record. */
  readonly name?: string | undefined;
}

export interface SelectedEndpoints {
  readonly endpoints: readonly ProxmoxEndpoint[];
  /** The request means exactly one endpoint: then its error is the answer, never a partial result. */
  readonly isSingle: boolean;
}

const maxIds = 100;
const maxIdsLength = 255;

function refuse(message: string, detail: string): ProxboxError {
  return new ProxboxError('not_configured', message, { detail });
}

function badIds(detail: string): ProxboxError {
  return refuse('Invalid Proxmox endpoint_ids query parameter', detail);
}

/** undefined: not given, which a list of blanks means as well. */
function idsOf(scope: EndpointScope): readonly number[] | undefined {
  const text = scope.proxmox_endpoint_ids ?? scope.endpoint_ids ?? '';
  if (text.length > maxIdsLength) throw badIds('endpoint_ids exceeds maximum length.');
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length > maxIds) throw badIds('Too many endpoint IDs specified.');
  if (!parts.every((part) => /^\d{1,15}$/.test(part)))
    throw badIds('endpoint_ids must be a comma-separated list of integers.');
  return parts.length === 0 ? undefined : parts.map(Number);
}

/** @throws ProxboxError `not_configured` (400) for any other word */
export function sourceOf({ source }: EndpointScope): SourceName {
  if (source === undefined || source === '' || source === 'database') return 'database';
  if (source === 'netbox') return 'netbox';
  throw refuse('Invalid source parameter', "source must be 'database' or 'netbox'.");
}

function byField(endpoints: readonly ProxmoxEndpoint[], scope: EndpointScope): ProxmoxEndpoint | undefined {
  const wanted = [
    { field: 'ip_address', value: scope.ip_address, of: (row: ProxmoxEndpoint) => row.ipAddress },
    { field: 'domain', value: scope.domain, of: (row: ProxmoxEndpoint) => row.domain },
    { field: 'name', value: scope.name, of: (row: ProxmoxEndpoint) => row.name },
  ].find(({ value }) => value !== undefined && value !== '');
  if (wanted === undefined) return undefined;
  const found = endpoints.find((row) => wanted.of(row) === wanted.value);
  if (found !== undefined) return found;
  throw refuse(
    `No result found for Proxmox Sessions based on the provided ${wanted.field}`,
    'Check if the provided parameters are correct',
  );
}

/**
 * Disabled rows are never meant; rows that the plugin has disabled only when they are named. Ids that match nothing give
 * an empty list, never all.
 * @throws ProxboxError `not_configured` (400) for a bad selector
 */
export function selectEndpoints(rows: readonly ProxmoxEndpoint[], scope: EndpointScope): SelectedEndpoints {
  const ids = idsOf(scope);
  const enabled = rows.filter(({ enabled: isEnabled }) => isEnabled);
  const inScope = ids === undefined ? enabled : enabled.filter(({ id }) => ids.includes(id));
  const named = byField(inScope, scope);
  if (named !== undefined) return { endpoints: [named], isSingle: true };
  if (ids !== undefined) return { endpoints: inScope, isSingle: ids.length === 1 };
  return { endpoints: inScope.filter(({ plugin }) => plugin.enabled !== false), isSingle: false };
}
