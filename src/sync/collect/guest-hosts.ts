/** The addresses that the guests of a run say they have: asked where a node has let one go that may be a guest's now. */
import { hostOf } from '../plan/address-ownership.js';
import { wantedNics } from '../plan/guest-addresses.js';
import type { RunContext } from '../run-context.js';
import { readConfigs } from './guest-config.js';
import { readGuestNetwork } from './guest-network.js';
import { collectRoster } from './roster.js';

/**
 * Without prefixes. Each guest is asked once in a run, however many stages ask.
 *
 * @returns undefined where not every cluster of the run could list its guests: then nobody knows
 */
export async function collectGuestHosts(run: RunContext, phase: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const roster = await collectRoster(run);
    if (roster.clusters.some(({ view }) => !roster.listedClusters.has(view.key))) return undefined;
    const read = await readConfigs(run, roster.guests, phase);
    const hosts = await Promise.all(
      read.map(async ({ config, ...guest }) => {
        if (config.status !== 'read') return [];
        const network = await readGuestNetwork(run, guest, config.config);
        const told = network.status === 'told' ? network.interfaces : null;
        const nics = wantedNics({ config: config.config, type: guest.resource.type }, told, run.options.network);
        return nics.flatMap(({ addresses }) => addresses.map(({ address }) => hostOf(address)));
      }),
    );
    return new Set(hosts.flat());
  } catch {
    run.signal.throwIfAborted();
    return undefined;
  }
}
