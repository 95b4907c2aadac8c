import type { Estate } from '../estate/index.js';
import { createProxmoxSimulator } from './simulator.js';
import type { ProxmoxSimulator, ProxmoxSimulatorOptions } from './types.js';

export type StartOptions = Omit<ProxmoxSimulatorOptions, 'cluster' | 'answeringNode'> & {
  /** Port of the first cluster, the others follow; default: free ports. */
  readonly port?: number;
};

export interface StartedProxmox {
  /** In the order of the estate's clusters. */
  readonly simulators: readonly ProxmoxSimulator[];
  close(): Promise<void>;
}

/** One simulator per cluster, all listening on loopback. When one cannot bind, those that could are closed again. */
export async function startProxmoxSimulators(estate: Estate, options: StartOptions = {}): Promise<StartedProxmox> {
  const { port, ...shared } = options;
  const simulators = estate.clusters.map((cluster) => createProxmoxSimulator({ ...shared, cluster }));
  const close = async (): Promise<void> => {
    await Promise.all(simulators.map((simulator) => simulator.close()));
  };
  try {
    await Promise.all(simulators.map((simulator, n) => simulator.listen(port === undefined ? 0 : port + n)));
  } catch (error) {
    await close();
    throw error;
  }
  return { simulators, close };
}
