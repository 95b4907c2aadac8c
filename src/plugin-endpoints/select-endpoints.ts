/**
 * Which Proxmox endpoints a request means, for syncs and for reads alike: how the query names them, and which rows those
 * are. The two differ, as in the Python service, in what they do with names that fit nothing: a sync is refused, a read
 * answers an empty list.
 */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { storedSource, type EndpointSource, type SourceName } from './endpoint-source.js';
import type { NetBoxSource } from './netbox-source.js';

/** As the query names them; unknown keys are ignored. */
export interface EndpointScope {
  readonly source?: string | undefined;
  /** Comma list of ids of this service, or of the plugin with `source=netbox`; wins over `endpoint_ids`. */
  readonly proxmox_endpoint_ids?: string | undefined;
  readonly endpoint_ids?: string | undefined;
  /** Of the three below the first that is given counts; it is compared with the record. */
  readonly ip_address?: string | undefined;
  readonly domain?: string | undefined;
  readonly name?: string | undefined;
}

interface EndpointSelector {
  readonly field: 'ip_address' | 'domain' | 'name';
  readonly value: string;
}

export interface EndpointNames {
  /** Ids of our own rows, or of the plugin's with `source=netbox`, ascending; null = every enabled one. */
  readonly endpointIds: readonly number[] | null;
  /** A single endpoint by an exact field of its row; null = not asked for. */
  readonly selector: EndpointSelector | null;
}

export interface SelectedEndpoints {
  readonly endpoints: readonly ProxmoxEndpoint[];
  /** The request means exactly one endpoint: then its error is the answer, never a partial result. */
  readonly isSingle: boolean;
}

type Refuse = (message: string, detail: string) => ProxboxError;

interface Manner {
  readonly refuse: Refuse;
  /** `1,` means `1`. */
  readonly skipsBlanks: boolean;
}

const refuseRead: Refuse = (message, detail) => new ProxboxError('not_configured', message, { detail });
const read: Manner = { refuse: refuseRead, skipsBlanks: true };
export const sync: Manner = {
  refuse: (message, detail) => new ProxboxError('bad_request', `${message}: ${detail}`),
  skipsBlanks: false,
};

const maxIds = 100;
const maxIdsLength = 255;

/** @throws ProxboxError (400) for any other word */
export function sourceOf({ source }: EndpointScope, refuse = refuseRead): SourceName {
  if (source === undefined || source === '' || source === 'database') return 'database';
  if (source === 'netbox') return 'netbox';
  throw refuse('Invalid source parameter', "source must be 'database' or 'netbox'.");
}

/** Asks NetBox only for `source=netbox`. */
export async function sourceFor(
  scope: EndpointScope,
  ports: {
    readonly proxmoxEndpoints: { readonly all: () => readonly ProxmoxEndpoint[] };
    readonly netboxSource: NetBoxSource;
  },
  refuse = refuseRead,
): Promise<EndpointSource> {
  return sourceOf(scope, refuse) === 'database' ? storedSource(ports.proxmoxEndpoints.all()) : ports.netboxSource();
}

function idsIn(text: string, { refuse, skipsBlanks }: Manner): readonly number[] | null {
  if (text.trim() === '') return null;
  const bad = (detail: string): ProxboxError => refuse('Invalid Proxmox endpoint_ids query parameter', detail);
  if (text.length > maxIdsLength) throw bad('endpoint_ids exceeds maximum length.');
  const all = text.split(',').map((part) => part.trim());
  const parts = skipsBlanks ? all.filter((part) => part !== '') : all;
  if (parts.length > maxIds) throw bad('Too many endpoint IDs specified.');
  if (!parts.every((part) => /^\d{1,15}$/.test(part)))
    throw bad('endpoint_ids must be a comma-separated list of integers.');
  return parts.length === 0 ? null : [...new Set(parts.map(Number))].sort((a, b) => a - b);
}

/** @throws ProxboxError (400) for a bad list of ids */
export function namesIn(scope: EndpointScope, manner = read): EndpointNames {
  const given = (['ip_address', 'domain', 'name'] as const).flatMap((field) => {
    const value = scope[field];
    return value === undefined || value === '' ? [] : [{ field, value }];
  });
  return {
    endpointIds: idsIn(scope.proxmox_endpoint_ids ?? scope.endpoint_ids ?? '', manner),
    selector: given[0] ?? null,
  };
}

/** Names are unique; an address may be that of several. */
function bySelector(
  endpoints: readonly ProxmoxEndpoint[],
  { field, value }: EndpointSelector,
  refuse: (message: string) => ProxboxError,
): readonly [ProxmoxEndpoint, ...ProxmoxEndpoint[]] {
  const property = ({ ip_address: 'ipAddress', domain: 'domain', name: 'name' } as const)[field];
  const [first, ...others] = endpoints.filter((endpoint) => endpoint[property] === value);
  if (first !== undefined) return [first, ...others];
  throw refuse(`No result found for Proxmox Sessions based on the provided ${field}`);
}

const isWanted = ({ enabled, plugin }: ProxmoxEndpoint): boolean => enabled && plugin.enabled !== false;

/**
 * For a read. Disabled rows are never meant; rows that the plugin has disabled only when they are named. Ids that match
 * nothing give an empty list, never all.
 * @throws ProxboxError `not_configured` (400) for a bad selector
 */
export function selectEndpoints(rows: readonly ProxmoxEndpoint[], scope: EndpointScope): SelectedEndpoints {
  const { endpointIds: ids, selector } = namesIn(scope);
  const endpoints = namedEndpoints(rows, scope);
  if (selector !== null) return { endpoints: endpoints.slice(0, 1), isSingle: true };
  return { endpoints, isSingle: ids !== null && ids.length === 1 };
}

/** All that fit, for a write, which is for one of them alone. Errors as selectEndpoints. */
export function namedEndpoints(rows: readonly ProxmoxEndpoint[], scope: EndpointScope): readonly ProxmoxEndpoint[] {
  const { endpointIds: ids, selector } = namesIn(scope);
  const enabled = rows.filter((row) => row.enabled && (ids === null || ids.includes(row.id)));
  if (selector === null) return ids === null ? enabled.filter(isWanted) : enabled;
  const refuse = (message: string) => refuseRead(message, 'Check if the provided parameters are correct');
  return bySelector(enabled, selector, refuse);
}

const emptyTexts = {
  database: 'No Proxmox endpoints configured. Register one with POST /proxmox/endpoints.',
  netbox: 'The NetBox plugin has no enabled Proxmox endpoint. Add one there, or use source=database.',
} as const;
/** Here, or on the page of the plugin: the switch of either suffices. */
const disabledText =
  'All Proxmox endpoints are disabled. Enable one: on the page of the NetBox plugin, or with PUT /proxmox/endpoints/{id}.';
const idTexts = {
  database:
    'GET /proxmox/endpoints lists them; a disabled one is enabled on the page of the NetBox plugin, or with PUT /proxmox/endpoints/{id}.',
  netbox: 'With source=netbox they are the ids that the NetBox plugin gives its endpoints.',
} as const;

/**
 * For a sync: the wanted endpoints, or all of the named ones.
 * @throws ProxboxError `bad_request` (400) when there is none, or one of the named is not usable
 */
export function requireEndpoints(
  rows: readonly ProxmoxEndpoint[],
  { endpointIds: ids, selector, source }: EndpointNames & { readonly source: SourceName },
): readonly ProxmoxEndpoint[] {
  const refuse = (message: string) => new ProxboxError('bad_request', message);
  const unknown = (ids ?? []).filter((id) => !rows.some((row) => row.id === id && row.enabled));
  if (unknown.length > 0)
    throw refuse(`Unknown or disabled Proxmox endpoint id(s): ${unknown.join(', ')}. ${idTexts[source]}`);
  const chosen = rows.filter((row) => (ids === null ? isWanted(row) : ids.includes(row.id)));
  if (chosen.length === 0) throw refuse(rows.length > 0 && source === 'database' ? disabledText : emptyTexts[source]);
  return selector === null ? chosen : [bySelector(chosen, selector, refuse)[0]];
}
