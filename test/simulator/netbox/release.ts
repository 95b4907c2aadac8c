import type { NetBoxRelease } from './types.js';

/** Whether this release is of the given series (`4.6`) or a later one. */
export const atLeast = (release: NetBoxRelease, series: '4.6' | '4.7'): boolean => release.slice(0, 3) >= series;
