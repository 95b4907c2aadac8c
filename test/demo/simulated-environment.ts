import { createEstate, type Estate, type GuestShape } from '../simulator/estate/index.js';
import { createNetBoxSimulator, defaultTokens, type NetBoxSimulator } from '../simulator/netbox/index.js';
import { startProxmoxSimulators, type ProxmoxSimulator } from '../simulator/proxmox/index.js';
import type { EstateArguments } from './estate-arguments.js';

/** One NetBox and one Proxmox per cluster, simulated, on loopback ports. */
export interface SimulatedEnvironment {
  readonly estate: Estate;
  readonly netbox: NetBoxSimulator;
  readonly proxmox: readonly ProxmoxSimulator[];
  close(): Promise<void>;
}

export interface EnvironmentOptions extends EstateArguments {
  readonly plugin?: 'on' | 'off';
  readonly nodesPerCluster?: number;
  readonly guest?: GuestShape;
  /** Of NetBox; those of the clusters follow. Default: free ports. */
  readonly port?: number;
}

export async function startEnvironment(options: EnvironmentOptions): Promise<SimulatedEnvironment> {
  const { vms, clusters, seed, latencyMs, plugin = 'on', nodesPerCluster, guest, port } = options;
  const estate = createEstate({
    vms,
    clusters,
    seed,
    ...(nodesPerCluster === undefined ? {} : { nodesPerCluster }),
    ...(guest === undefined ? {} : { guest }),
  });
  const netbox = createNetBoxSimulator({ plugin, latencyMs });
  await netbox.listen(port);
  const started = await startProxmoxSimulators(estate, {
    latencyMs,
    ...(port === undefined ? {} : { port: port + 1 }),
  });
  return {
    estate,
    netbox,
    proxmox: started.simulators,
    close: async () => {
      await Promise.all([netbox.close(), started.close()]);
    },
  };
}

/** How to log in everywhere, as `npm run simulator` prints it. */
export function credentialsOf({ netbox, proxmox }: SimulatedEnvironment) {
  return {
    netbox: { url: netbox.url, token_v1: defaultTokens.v1, token_v2: defaultTokens.v2 },
    proxmox: proxmox.map(({ url, username, password, tokenName, tokenValue }) => ({
      url,
      username,
      password,
      token_name: tokenName,
      token_value: tokenValue,
    })),
  };
}

/** A NetBox, simulated or real, and the Proxmox simulators that are to be synced into it. */
export interface RegistrationTarget extends Pick<SimulatedEnvironment, 'estate' | 'proxmox'> {
  readonly netbox: {
    readonly url: string;
    readonly tokenV1: string;
    readonly tokenV2: { readonly key: string; readonly secret: string };
  };
}

/** The simulated NetBox as something to register. */
export function targetOf({ netbox, proxmox, estate }: SimulatedEnvironment): RegistrationTarget {
  return { estate, proxmox, netbox: { url: netbox.url, tokenV1: defaultTokens.v1, tokenV2: defaultTokens.v2 } };
}

export interface Traffic {
  readonly netbox: { readonly requests: number; readonly writes: number };
  readonly proxmox: { readonly requests: number };
}

/** What reached the simulators since the last reset: counted on their side, not by the service. */
export function trafficOf({ netbox, proxmox }: SimulatedEnvironment): Traffic {
  const { total, writes } = netbox.counters;
  return {
    netbox: { requests: total, writes },
    proxmox: { requests: proxmox.reduce((sum, { counters }) => sum + counters.total, 0) },
  };
}

export function resetTraffic({ netbox, proxmox }: SimulatedEnvironment): void {
  netbox.resetCounters();
  for (const simulator of proxmox) simulator.resetCounters();
}
