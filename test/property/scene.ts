/** Where something happens in Proxmox. */
import type { Estate, EstateCluster, EstateGuest, EstateNode } from '../simulator/estate/index.js';

export interface Scene {
  readonly estate: Estate;
  readonly cluster: EstateCluster;
  /** One of the cluster's, by the number of the change. */
  readonly guest: EstateGuest | undefined;
  readonly node: EstateNode;
  readonly target: number;
}

/** Does nothing where there is nothing that could change so. */
export type Happening = (scene: Scene) => void;
