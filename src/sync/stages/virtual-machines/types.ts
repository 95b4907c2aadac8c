import type { NetBoxRecord } from '../../../netbox/types.js';
import type { GuestResource } from '../../../proxmox/types.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { TagColours } from '../../plan/guest-tags.js';
import type { InfrastructureRecords } from '../../plan/infrastructure-types.js';
import type { Warning } from '../../types.js';
import type { ConfigRead } from '../../guests.js';

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
  readonly warnings: readonly Warning[];
}
