import type { PveProfile } from '../estate/index.js';

const RELEASES: Readonly<Record<PveProfile, { version: string; release: string; repoid: string }>> = {
  '8.4': { version: '8.4.14', release: '8.4', repoid: '64e0f0b3d3f2a1c5' },
  '9.1': { version: '9.1.4', release: '9.1', repoid: '5ac30304265fbd8e' },
  '9.2': { version: '9.2.1', release: '9.2', repoid: '7d1b2c9a4e8f6035' },
};

/** What `GET version` answers. */
export function releaseOf(profile: PveProfile): { version: string; release: string; repoid: string } {
  return RELEASES[profile];
}
