import { openSyncedWorld } from '../support/world.js';
import { describeSyncScenarios, type SceneGroup } from '../contract/sync/scenarios.js';
import type { OpenTarget } from '../contract/sync/target.js';
import { apiOf } from '../contract/netbox/target.js';
import { resetNetBox, watchNetBox } from './harness.js';

/** The sync scenes on the NetBox of this worker, emptied. */
const openReal: OpenTarget = async (estate) => {
  const real = await resetNetBox();
  const { v1, v2Key, v2 } = real.tokens;
  const access = { url: real.url, tokenV1: v1, tokenV2: { key: v2Key, secret: v2 } };
  const world = await openSyncedWorld({ estate, netbox: access });
  return {
    world,
    netbox: apiOf(real),
    watch: async (action) => {
      const { requests, writes, changes } = await watchNetBox(async () => {
        await action();
      });
      const lines = writes.map(({ method, path }) => `${method} ${path}`);
      return { requests: requests.length, writes: lines, changes };
    },
    close: () => world.close(),
  };
};

/** One group of the scenes, on the NetBox of this worker. */
export function describeRealSync(group: SceneGroup): void {
  describeSyncScenarios('a sync into the real NetBox', openReal, group);
}
