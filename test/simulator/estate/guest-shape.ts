/**
 * Exact numbers per guest, for tests that count requests or rows. What is not set is drawn from the seed.
 */
export interface GuestShape {
  /** Disks with a size (for containers: root file system and mount points). */
  readonly disks?: number;
  readonly networkDevices?: number;
  /**
   * Addresses the guest reports, spread over its network devices. Setting it makes every guest a running one with a
   * working agent, and no template.
   */
  readonly addresses?: number;
  readonly snapshots?: number;
  readonly backups?: number;
  /** Archived tasks. */
  readonly tasks?: number;
  /** Share of containers, 0 to 1. */
  readonly lxcShare?: number;
}

/** What the budget of requests is about: 2 disks, 2 network devices and 2 addresses on each guest, and nothing else. */
export const budgetGuest = {
  disks: 2,
  networkDevices: 2,
  addresses: 2,
  backups: 0,
  snapshots: 0,
  tasks: 0,
} as const satisfies GuestShape;
