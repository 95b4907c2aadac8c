import { openWorld, type WorldOptions } from '../../support/world.js';
import { defaultTokens, type NetBoxSimulator } from '../../simulator/netbox/index.js';
import type { Estate } from '../../simulator/estate/index.js';
import { apiOf } from '../../contract/netbox/target.js';
import type { SyncTarget } from '../../contract/sync/target.js';

/** A target whose NetBox is simulated: tests that run on the simulator only look into it. */
export interface SimulatedTarget extends SyncTarget {
  readonly simulator: NetBoxSimulator;
}

const isWrite = (method: string): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method);

export async function openSimulated(
  estate: Estate,
  options: Omit<WorldOptions, 'estate'> = {},
): Promise<SimulatedTarget> {
  const world = await openWorld({ ...options, estate });
  const simulator = world.netbox;
  const { v1, v2 } = defaultTokens;
  const unused = { disabled: '', expired: '', readOnly: '', foreignAddress: '' };
  return {
    world,
    simulator,
    netbox: apiOf({ url: simulator.url, tokens: { v1, v2Key: v2.key, v2: v2.secret, ...unused } }),
    watch: async (action) => {
      const rows = simulator.changelogRows;
      simulator.resetCounters();
      await action();
      const writes = simulator.requestLog
        .filter(({ method }) => isWrite(method))
        .map(({ method, target }) => `${method} ${target.split('?')[0] ?? ''}`);
      return { requests: simulator.counters.total, writes, changes: simulator.changelogRows - rows };
    },
    close: () => world.close(),
  };
}
