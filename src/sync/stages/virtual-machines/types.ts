/** What is collected for virtual machines, and what planning makes of it step by step. */
import { decode } from '../../../netbox/kinds/decode.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { MetadataKey } from '../../../proxmox/parse/description-metadata.js';
import type { parseGuestName } from '../../../proxmox/parse/guest-name.js';
import type { GuestConfig, GuestResource, GuestType, ListedResource } from '../../../proxmox/types.js';
import type { RememberedMachine } from '../../machine-memory.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { TagColours } from '../../plan/guest-tags.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { InfrastructureInput, InfrastructureRecords, PlannedCluster } from '../../plan/infrastructure-types.js';
import type { ResolvedName } from '../../plan/names.js';
import type { SyncMode } from '../../plan/options.js';
import { machineMode } from '../../plan/roster.js';
import type { UnseenMachines } from '../../plan/unseen-sidecars.js';
import type { SourceRef, Warning } from '../../types.js';
import type { ConfigRead } from '../../guests.js';
import type { MapOptions } from './map.js';

export interface CollectedGuest {
  readonly view: ClusterView;
  readonly resource: ListedResource;
  readonly config: ConfigRead;
}

export type MetadataIds = Readonly<Record<MetadataKey, ReadonlySet<number>>>;

/** Only what Proxmox describes can be written. */
interface DescribedGuest {
  readonly view: ClusterView;
  readonly resource: GuestResource;
}

export interface CollectedGuests {
  readonly guests: readonly CollectedGuest[];
  readonly views: readonly ClusterView[];
  readonly infrastructure: InfrastructureRecords;
  /** `unreadable`: the sidecars could not be read, so no guest may be created. */
  readonly states: readonly RecordOf<'vm-state'>[] | 'unreadable';
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
  /** Machines that give up their name where a living guest would bear it, with the VMID of the guest that is gone. */
  readonly gone: ReadonlyMap<number, number>;
  /** Machines of guests whose sidecar may not be viewed, as something else tells; by the key of the guest. */
  readonly unseen: UnseenMachines;
  readonly tags: readonly RecordOf<'tag'>[];
  /** undefined where no machine lacks one, or the token may not view them: then none gets one. */
  readonly platforms: readonly RecordOf<'platform'>[] | undefined;
  /** Those of the ids that notes of guests name which NetBox has. */
  readonly metadataIds: MetadataIds;
  readonly colours: ReadonlyMap<string, TagColours>;
  /** Cloud-init rows of the plugin; undefined where they cannot be written. */
  readonly cloudInits: readonly RecordOf<'cloud-init'>[] | undefined;
  /** What earlier runs remembered, by machine: which guest it stood for, whether it lacks its discovery tag. */
  readonly remembered: ReadonlyMap<number, RememberedMachine>;
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
  readonly guest: DescribedGuest;
  readonly config: GuestConfig;
  readonly key: string;
  readonly subject: {
    readonly kind: 'virtual-machine';
    readonly key: string;
    readonly label: string;
    readonly source: SourceRef;
  };
  readonly candidate: ReturnType<typeof parseGuestName>;
  readonly current: RecordOf<'virtual-machine'> | undefined;
  readonly state: RecordOf<'vm-state'> | undefined;
}

export interface PlanContext {
  readonly homes: ReadonlyMap<string, PlannedCluster>;
  readonly names: ReadonlyMap<string, ResolvedName>;
  readonly input: GuestPlanInput;
  readonly collected: CollectedGuests;
}

/** Stands for "no sidecar yet": it is created. */
export const noState = decode('vm-state', { id: 0 });

export function modeOf(resource: ListedResource, { options }: GuestPlanInput): SyncMode {
  return machineMode(resource, options);
}
