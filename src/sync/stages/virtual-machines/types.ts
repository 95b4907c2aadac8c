import type { NetBoxRecord } from '../../../netbox/types.js';
import type { parseGuestName } from '../../../proxmox/parse/guest-name.js';
import type { GuestConfig, GuestResource, GuestType } from '../../../proxmox/types.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { TagColours } from '../../plan/guest-tags.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { InfrastructureInput, InfrastructureRecords, PlannedCluster } from '../../plan/infrastructure-types.js';
import type { ResolvedName } from '../../plan/names.js';
import type { SyncMode } from '../../plan/options.js';
import type { SourceRef, Warning } from '../../types.js';
import type { ConfigRead } from '../../guests.js';
import type { MapOptions } from './map.js';

export interface CollectedGuest {
  readonly view: ClusterView;
  readonly resource: GuestResource;
  readonly config: ConfigRead;
}

export interface CollectedGuests {
  readonly guests: readonly CollectedGuest[];
  readonly views: readonly ClusterView[];
  readonly infrastructure: InfrastructureRecords;
  /** `unreadable`: the sidecars could not be read, so no guest may be created. */
  readonly states: readonly NetBoxRecord[] | 'unreadable';
  readonly virtualMachines: readonly NetBoxRecord[];
  readonly tags: readonly NetBoxRecord[];
  readonly colours: ReadonlyMap<string, TagColours>;
  /** Cloud-init rows of the plugin; undefined where they cannot be written. */
  readonly cloudInits: readonly NetBoxRecord[] | undefined;
  readonly warnings: readonly Warning[];
}

export interface GuestPlanInput extends MapOptions, Pick<InfrastructureInput, 'endpoints'> {
  readonly supportIds: KnownIds;
  readonly hasPlugin: boolean;
  /** The roles of the plugin's settings; those of nodes and endpoints are in its rows. */
  readonly defaultRoles: Readonly<Record<GuestType, number | null>>;
}

/** A guest of which is known which machine it is. */
export interface Prepared {
  readonly guest: CollectedGuest;
  readonly config: GuestConfig;
  readonly key: string;
  readonly subject: {
    readonly kind: 'virtual-machine';
    readonly key: string;
    readonly label: string;
    readonly source: SourceRef;
  };
  readonly candidate: ReturnType<typeof parseGuestName>;
  readonly current: NetBoxRecord | undefined;
  readonly state: NetBoxRecord | undefined;
}

export interface PlanContext {
  readonly homes: ReadonlyMap<string, PlannedCluster>;
  readonly names: ReadonlyMap<string, ResolvedName>;
  readonly input: GuestPlanInput;
  readonly collected: CollectedGuests;
}

/** Stands for "no sidecar yet": it is created. */
export const noState: NetBoxRecord = { id: 0 };

export function modeOf({ template }: GuestResource, { options }: GuestPlanInput): SyncMode {
  return options.modes[template ? 'vm_template' : 'vm'];
}
