/** What rows of the table of verbs have in common. */

/** Proxmox looks at storages and locks before it answers a verb with a task: that takes longer than a read. */
export const dispatchTimeoutMs = 15_000;
