/** What the runtime settings are once they are resolved, with where each value came from. */
import type { ProxboxError } from '../errors/proxbox-error.js';

export type SettingSource = 'env' | 'plugin' | 'default';

/** Runtime tunables, all units in the names. null = "neither variable nor setting": the stage's own default applies. */
export interface Tunables {
  readonly netboxTimeoutS: number;
  readonly netboxMaxRetries: number;
  readonly netboxRetryDelayS: number;
  readonly netboxMaxConcurrent: number;
  readonly vmSyncMaxConcurrency: number;
  readonly netboxWriteConcurrency: number | null;
  readonly proxmoxFetchConcurrency: number | null;
  readonly fetchMaxConcurrency: number | null;
  readonly backupBatchSize: number;
  readonly backupBatchDelayMs: number;
  readonly bulkBatchSize: number;
  readonly bulkBatchDelayMs: number;
  readonly interfaceBatchSize: number;
  readonly interfaceBatchDelayMs: number;
  readonly netboxGetCacheTtlS: number;
  readonly netboxGetCacheMaxEntries: number;
  readonly netboxGetCacheMaxBytes: number;
  readonly fullReadHours: number;
  readonly debugCache: boolean;
  readonly customFieldsRequestDelayS: number;
  readonly exposeInternalErrors: boolean;
  readonly ensureNetboxObjects: boolean;
  readonly deleteOrphans: boolean;
  readonly orphanAction: 'mark' | 'delete';
  readonly orphanGraceRuns: number;
  readonly guestAgentTimeoutS: number;
  readonly stampEveryRun: boolean;
  readonly deleteLimitPercent: number;
  readonly customFieldsEnabled: boolean;
  readonly proxmoxTimeoutS: number;
  readonly proxmoxMaxRetries: number;
  readonly proxmoxRetryBackoffS: number;
  readonly useGuestAgentInterfaceName: boolean;
  readonly vmInterfaceSyncStrategy: 'guest_os_model' | 'legacy_rename';
  readonly ignoreIpv6LinkLocalAddresses: boolean;
  readonly primaryIpPreference: 'ipv4' | 'ipv6';
  readonly nodeDeviceNameTemplate: string;
  readonly parseDescriptionMetadata: boolean;
  readonly cloudNetworkLockEnabled: boolean;
  readonly cloudCustomerPrefixId: number | null;
  readonly cloudCustomerBridge: string;
  readonly cloudCustomerVlanTag: number | null;
  readonly cloudCustomerGateway: string;
  readonly backendLogFilePath: string;
  readonly runHistoryDays: number;
  readonly runHistoryMaxItems: number;
}

export interface Provenance {
  readonly source: SettingSource;
  /** Said when a value was clamped, could not be parsed, or is the last good one of an unreachable NetBox. */
  readonly note?: string;
}

/** The plugin's settings object, parsed field by field; a bad field is absent and named in `problems`. */
export interface PluginSettings {
  readonly encryptionKey: string | null;
  readonly ssrfProtectionEnabled: boolean;
  readonly allowPrivateIps: boolean;
  readonly allowedIpRanges: readonly string[];
  readonly blockedIpRanges: readonly string[];
  readonly defaultRoleQemu: number | null;
  readonly defaultRoleLxc: number | null;
  /** The `overwrite_*` booleans that the plugin has. */
  readonly overwriteFlags: ReadonlyMap<string, boolean>;
  /** The `sync_mode_*` values, as text. */
  readonly syncModes: ReadonlyMap<string, string>;
  /** Every scalar field by its own name, for the tunables table. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
}

export interface ResolvedSettings {
  readonly values: Tunables;
  readonly provenance: Readonly<Record<keyof Tunables, Provenance>>;
  /** null: never read (NetBox not configured or not reachable so far). */
  readonly plugin: PluginSettings | null;
  /** `fresh`, `last_good` (NetBox does not answer) or `none`. */
  readonly pluginState: 'fresh' | 'last_good' | 'none';
}

export interface SettingsResolver {
  /** What is known now; never waits, never fails. */
  current(): ResolvedSettings;
  /** Reads the plugin settings again when they are older than `maxAgeMs`, within `budgetMs`; never fails. */
  refresh(options: { readonly maxAgeMs: number; readonly budgetMs: number }): Promise<ResolvedSettings>;
  /**
   * The same for who must know: `fetch` reads with the caller's own patience, however long that takes and however
   * recently another read failed. Without an answer the last good settings, or none, with the reason as `failure`.
   */
  readThrough(
    fetch: () => Promise<unknown>,
    maxAgeMs: number,
  ): Promise<{ readonly settings: ResolvedSettings; readonly failure: ProxboxError | null }>;
  /** Forgets the plugin's answer (endpoint or encryption key changed). */
  drop(): void;
}
