/** How every read of a guest's configuration is asked for. */

/**
 * Without `current` the server answers with pending changes applied (`load_current_config` of pve-guest-common): a disk
 * whose removal waits for a restart is left out, memory has the size that it will have. What is pending is not a fact.
 */
export const asItRuns = { current: true } as const;
