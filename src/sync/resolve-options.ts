/** What a run is to do: every option from the first source that says something about it. Pure. */
import type { PluginSettings, ResolvedSettings } from '../config/types.js';
import type { NetBoxRecord } from '../netbox/types.js';
import {
  fromNames,
  overwriteFlags,
  syncResources,
  type NetworkOptions,
  type OverwriteFlag,
  type SyncMode,
  type SyncOptions,
  type SyncResource,
} from './plan/options.js';
import { parseMode, type SyncRequest } from './request.js';

export interface OptionSources {
  readonly request: SyncRequest;
  readonly settings: ResolvedSettings;
  /** The plugin's row of the only endpoint in scope; undefined when there are several. */
  readonly endpointRow: NetBoxRecord | undefined;
  readonly runId: string;
  /** `full-update` or the name of the stage. */
  readonly kind: string;
}

/** Query, then the override on the plugin's endpoint row, then the plugin settings, then the default. */
export function resolveOptions(
  { request, settings, endpointRow, runId, kind }: OptionSources,
  notes: string[],
): SyncOptions {
  const { values } = settings;
  return {
    overwrite: fromNames(
      overwriteFlags,
      (flag) =>
        request.overwrite.get(flag) ??
        rowFlag(endpointRow, flag) ??
        settings.plugin?.overwriteFlags.get(flag) ??
        flag !== 'overwrite_vm_platform',
    ),
    modes: cascade(
      fromNames(
        syncResources,
        (resource) =>
          request.modes.get(resource) ??
          rowMode(endpointRow, resource, notes) ??
          settingMode(settings.plugin, resource, notes) ??
          defaultMode(resource),
      ),
    ),
    netboxVmIds: request.netboxVmIds,
    runId,
    network: networkOptions(request, settings),
    syncVmNetwork: request.syncVmNetwork ?? true,
    syncTaskHistory: request.syncTaskHistory ?? true,
    deleteNonexistentBackups: request.deleteNonexistentBackups ?? kind === 'full-update',
    deleteNonexistentSnapshots: request.deleteNonexistentSnapshots ?? false,
    deleteLimit: { percent: values.deleteLimitPercent, force: request.forceDeletes },
    parseDescriptionMetadata: request.parseDescriptionMetadata ?? values.parseDescriptionMetadata,
    deleteOrphans: values.deleteOrphans,
    orphanAction: request.orphanAction ?? values.orphanAction,
    vmStageFailed: request.vmStageFailed,
    orphanGraceRuns: values.orphanGraceRuns,
    nodeDeviceNameTemplate: values.nodeDeviceNameTemplate,
    dryRun: request.dryRun,
  };
}

/** Query, then the plugin settings, then the default; the plugin's endpoint row has none of these. */
function networkOptions(request: SyncRequest, { values }: ResolvedSettings): NetworkOptions {
  return {
    strategy: request.network.strategy ?? values.vmInterfaceSyncStrategy,
    useGuestAgentInterfaceName: request.network.useGuestAgentInterfaceName ?? values.useGuestAgentInterfaceName,
    ignoreIpv6LinkLocal: request.network.ignoreIpv6LinkLocal ?? values.ignoreIpv6LinkLocalAddresses,
    primaryIpPreference: request.network.primaryIpPreference ?? values.primaryIpPreference,
    assignIps: request.network.assignIps ?? true,
    syncMacs: request.network.syncMacs ?? true,
  };
}

function rowFlag(row: NetBoxRecord | undefined, flag: OverwriteFlag): boolean | undefined {
  const value = row?.[flag];
  return typeof value === 'boolean' ? value : undefined;
}

function rowMode(row: NetBoxRecord | undefined, resource: SyncResource, notes: string[]): SyncMode | undefined {
  const value = row?.[`sync_mode_${resource}`];
  return typeof value === 'string' && value !== ''
    ? parseMode(`sync_mode_${resource} of the endpoint`, value, notes)
    : undefined;
}

function settingMode(plugin: PluginSettings | null, resource: SyncResource, notes: string[]): SyncMode | undefined {
  const value = plugin?.syncModes.get(`sync_mode_${resource}`);
  return value === undefined || value === ''
    ? undefined
    : parseMode(`sync_mode_${resource} of the plugin settings`, value, notes);
}

function defaultMode(resource: SyncResource): SyncMode {
  return resource === 'sdn' || resource === 'sdn_bgp' ? 'disabled' : 'always';
}

const parents: Partial<Record<SyncResource, SyncResource>> = {
  node: 'cluster',
  ip_address: 'vm_interface',
  mac: 'vm_interface',
  sdn_bgp: 'sdn',
};

/** A disabled parent disables what hangs on it, as on the plugin's settings page. */
function cascade(modes: Readonly<Record<SyncResource, SyncMode>>): Readonly<Record<SyncResource, SyncMode>> {
  const guestsOff = modes.vm === 'disabled' && modes.vm_template === 'disabled';
  const isOff = (resource: SyncResource): boolean => {
    if (modes[resource] === 'disabled') return true;
    if (resource === 'vm_interface') return guestsOff;
    const parent = parents[resource];
    return parent !== undefined && isOff(parent);
  };
  return fromNames(syncResources, (resource) => (isOff(resource) ? 'disabled' : modes[resource]));
}
