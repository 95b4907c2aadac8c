/** Understands what the caller of a sync route asked for. Pure. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { isBranch } from '../netbox/branch.js';
import type { SourceName } from '../plugin-endpoints/endpoint-source.js';
import { namesIn, sourceOf, sync, type EndpointNames } from '../plugin-endpoints/select-endpoints.js';
import type { Caller } from './run-ledger.js';
import { booleanOf } from '../values/boolean-word.js';
import {
  addressFamilies,
  interfaceStrategies,
  orphanActions,
  overwriteFlags,
  syncModes,
  syncResources,
  type NetworkOptions,
  type OrphanAction,
  type OverwriteFlag,
  type SyncMode,
  type SyncResource,
} from './plan/options.js';

/** The query of a sync route as it arrives: text, or several texts when a key is repeated (the last one counts). */
export type RawQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the caller said; undefined = silent, so that settings decide. */
export interface SyncRequest extends EndpointNames {
  readonly source: SourceName;
  readonly netboxVmIds: readonly number[] | null;
  readonly branch: string;
  readonly runId: string | undefined;
  readonly fetchMaxConcurrency: number | undefined;
  readonly overwrite: ReadonlyMap<OverwriteFlag, boolean>;
  readonly modes: ReadonlyMap<SyncResource, SyncMode>;
  readonly network: Partial<NetworkOptions>;
  readonly syncVmNetwork: boolean | undefined;
  readonly syncTaskHistory: boolean | undefined;
  readonly deleteNonexistentBackups: boolean | undefined;
  readonly deleteNonexistentSnapshots: boolean | undefined;
  readonly parseDescriptionMetadata: boolean | undefined;
  readonly orphanAction: OrphanAction | undefined;
  /** The caller's stage of machines had failures: then nobody knows which machine is an orphan. */
  readonly vmStageFailed: boolean;
  readonly forceDeletes: boolean;
  readonly dryRun: boolean;
  readonly includeObjects: boolean;
  /** The answer shows the objects as NetBox renders them (the JSON form of a stage): they are kept until then. */
  readonly showsObjects: boolean;
  /** Texts for the run's warnings: options that were not understood. */
  readonly notes: readonly string[];
  /** Who asks; the query does not say it. */
  readonly caller: Caller;
}

const somebody: Caller = { trigger: 'api', actor: '' };

/**
 * Checks the query of a sync route before any stream begins. Throws `invalid_request` (422) or `bad_request` (400) with
 * a sentence that names the parameter; unknown parameters are ignored, as the plugin sends one bundle to every stage.
 */
export function parseSyncRequest(query: RawQuery): SyncRequest {
  const notes: string[] = [];
  const flag = (name: string): boolean | undefined => parseBoolean(name, last(query[name]));
  return {
    source: sourceOf({ source: last(query['source']) }, sync.refuse),
    ...parseNames(query),
    netboxVmIds: parseVmIds(last(query['netbox_vm_ids'])),
    branch: parseBranch(last(query['netbox_branch_schema_id'])),
    runId: nonEmpty(last(query['run_id'])),
    fetchMaxConcurrency: parseConcurrency(last(query['fetch_max_concurrency'])),
    overwrite: new Map(overwriteFlags.flatMap((flag) => pair(flag, parseBoolean(flag, last(query[flag]))))),
    modes: new Map(
      syncResources.flatMap((resource) =>
        pair(resource, parseMode(`sync_mode_${resource}`, last(query[`sync_mode_${resource}`]), notes)),
      ),
    ),
    network: parseNetwork(query),
    syncVmNetwork: flag('sync_vm_network'),
    syncTaskHistory: flag('sync_task_history'),
    deleteNonexistentBackups: flag('delete_nonexistent_backup'),
    deleteNonexistentSnapshots: flag('delete_nonexistent_snapshot'),
    parseDescriptionMetadata: flag('parse_description_metadata'),
    vmStageFailed: flag('vm_stage_failed') ?? false,
    orphanAction: parseChoice('orphan_action', query, orphanActions),
    forceDeletes: flag('force_deletes') ?? false,
    dryRun: flag('dry_run') ?? false,
    includeObjects: flag('include_objects') ?? false,
    showsObjects: false,
    notes,
    caller: somebody,
  };
}

/**
 * The query of the sweep route. Throws `invalid_request` (422): it marks machines, so it names the run and, unless it only
 * looks, the endpoints.
 */
export function parseSweepRequest(query: RawQuery): SyncRequest {
  const request = parseSyncRequest(query);
  if (request.runId === undefined) throw new ProxboxError('invalid_request', 'run_id is required');
  const hasEndpoints = ['endpoint_ids', 'proxmox_endpoint_ids'].some(
    (name) => nonEmpty(last(query[name])) !== undefined,
  );
  if (!request.dryRun && !hasEndpoints)
    throw new ProxboxError(
      'invalid_request',
      'A non-dry-run orphan sweep requires endpoint_ids (or proxmox_endpoint_ids) so it can only affect the endpoints the run synchronized.',
    );
  return request;
}

/** What the caller said about the network of guests; silent keys are absent. */
function parseNetwork(query: RawQuery): Partial<NetworkOptions> {
  const flag = <K extends keyof NetworkOptions>(key: K, name: string) =>
    optional(key, parseBoolean(name, last(query[name])));
  return {
    ...optional('strategy', parseChoice('vm_interface_sync_strategy', query, interfaceStrategies)),
    ...flag('useGuestAgentInterfaceName', 'use_guest_agent_interface_name'),
    ...flag('ignoreIpv6LinkLocal', 'ignore_ipv6_link_local_addresses'),
    ...optional('primaryIpPreference', parseChoice('primary_ip_preference', query, addressFamilies)),
    ...flag('assignIps', 'assign_vm_interface_ips'),
    ...flag('syncMacs', 'sync_vm_interface_macs'),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  const entry: { [P in K]?: V } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}

function parseChoice<T extends string>(name: string, query: RawQuery, choices: readonly T[]): T | undefined {
  const text = nonEmpty(last(query[name]));
  if (text === undefined) return undefined;
  const known = choices.find((choice) => choice === text.toLowerCase());
  if (known === undefined) throw new ProxboxError('invalid_request', `${name} must be one of ${choices.join(', ')}`);
  return known;
}

/** `always`, `bootstrap_only` or `disabled`; anything else is `always` with a note. undefined when absent. */
export function parseMode(name: string, text: string | undefined, notes: string[]): SyncMode | undefined {
  if (text === undefined) return undefined;
  const known = syncModes.find((mode) => mode === text.trim().toLowerCase());
  if (known === undefined)
    notes.push(`${name} is "${text}", which is none of ${syncModes.join(', ')}; always is used.`);
  return known ?? 'always';
}

function last(value: RawQuery[string]): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.at(-1);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim().slice(0, 255);
}

function pair<K, V>(key: K, value: V | undefined): readonly (readonly [K, V])[] {
  return value === undefined ? [] : [[key, value]];
}

function parseVmIds(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => !/^0*[1-9]\d{0,14}$/.test(part)))
    throw new ProxboxError('invalid_request', 'netbox_vm_ids must be a comma-separated list of positive integers');
  return ascending(parts.map(Number));
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function parseNames(query: RawQuery): EndpointNames {
  const scope = {
    proxmox_endpoint_ids: last(query['proxmox_endpoint_ids']),
    endpoint_ids: last(query['endpoint_ids']),
    ip_address: nonEmpty(last(query['ip_address'])),
    domain: nonEmpty(last(query['domain'])),
    name: nonEmpty(last(query['name'])),
  };
  return namesIn(scope, sync);
}

function parseBranch(text: string | undefined): string {
  const branch = (text ?? '').trim();
  if (!isBranch(branch)) {
    throw new ProxboxError(
      'invalid_request',
      'netbox_branch_schema_id must be the schema id of a branch: 1 to 64 lower-case letters, digits or underscores',
    );
  }
  return branch;
}

function parseConcurrency(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new ProxboxError('invalid_request', 'fetch_max_concurrency must be an integer of at least 1');
  return Math.min(number, 256);
}

function parseBoolean(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const value = booleanOf(text);
  if (value === undefined) throw new ProxboxError('invalid_request', `${name} must be a boolean: true or false`);
  return value;
}
