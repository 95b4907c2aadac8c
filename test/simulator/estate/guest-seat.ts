import type { GuestShape } from './guest-shape.js';

/** Where a generated guest sits: all that decides it besides the seed. */
export interface GuestSeat {
  /** Position in the whole estate, 0-based: source of unique addresses. */
  readonly index: number;
  readonly vmid: number;
  readonly node: string;
  readonly name: string;
  readonly role: string;
  readonly epochS: number;
  /** Storages guests may have disks on. */
  readonly diskStorages: readonly [string, ...string[]];
  readonly shape: GuestShape;
}
