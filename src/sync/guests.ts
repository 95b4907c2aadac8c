/** Guests as the collecting side of a run handles them: where they are, and what they said of themselves. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import type { GuestInterface } from '../proxmox/parse/guest-interfaces.js';
import type { GuestConfig, ListedResource, ProxmoxSession } from '../proxmox/types.js';
import type { ClusterView } from './plan/cluster-views.js';
import type { Reason } from './types.js';

/** A cluster of the run with the sessions that lead to it, the owner's first. */
export interface ConnectedCluster {
  readonly view: ClusterView;
  readonly sessions: readonly ProxmoxSession[];
}

export interface ListedGuest {
  readonly cluster: ConnectedCluster;
  readonly resource: ListedResource;
}

/** A configuration, or why there is none: `skip` when that is nobody's failure (node offline, guest gone). */
export type ConfigRead =
  | { readonly status: 'read'; readonly config: GuestConfig }
  | {
      readonly status: 'skip' | 'failed';
      readonly reason: Reason;
      /** Why Proxmox did not tell. */
      readonly cause?: ProxboxError;
    };

/** The configuration and the node it was read from: a guest may have migrated since it was listed. */
export interface LocatedConfig {
  readonly config: ConfigRead;
  readonly node: string;
}

/** `told`: the guest named its interfaces. `untold`: why nobody knows. What is told of addresses is another question. */
export type GuestNetwork =
  | { readonly status: 'told'; readonly interfaces: readonly GuestInterface[] }
  | { readonly status: 'untold'; readonly reason: Reason; readonly isProblem: boolean };

/** null: the guest has no name that says anything; `untold`: it could not be asked. */
export type HostName = { readonly status: 'told'; readonly name: string | null } | { readonly status: 'untold' };

/** For messages: `qemu 100 "web" on node "pve1" of "lab"`; without the name where nobody knows it. */
export function describeGuest({ cluster, resource }: ListedGuest): string {
  const name = resource.isDescribed ? ` "${resource.name}"` : '';
  return `${resource.type} ${resource.vmid}${name} on node "${resource.node}" of "${cluster.view.name}"`;
}
