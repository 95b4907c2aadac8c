/** The simulators of `bench:scale` in a process of their own, so that what they cost is not counted as the service's. */
import { z } from 'zod';
import { budgetGuest } from '../simulator/estate/index.js';
import { registerEverything } from '../demo/registration.js';
import { resetTraffic, startEnvironment, targetOf, trafficOf, type Traffic } from '../demo/simulated-environment.js';

/** What one size of an estate is made of; all numbers are of the whole estate. */
export interface ScaleEstate {
  readonly guests: number;
  readonly clusters: number;
  readonly nodes: number;
  readonly tasks: number;
}

/** What the process is asked, by its parent. */
export type ScaleOrder =
  | { readonly do: 'register'; readonly url: string; readonly apiKey: string }
  /** Answers with what reached the simulators since the last time. */
  | { readonly do: 'traffic' };

const whole = z.number().int().nonnegative();
const Estate = z.object({ guests: whole, clusters: whole, nodes: whole, tasks: whole });
const { guests, clusters, nodes, tasks } = Estate.parse(JSON.parse(process.argv[2] ?? '{}'));
const environment = await startEnvironment({
  vms: guests,
  clusters,
  seed: 1,
  latencyMs: 0,
  nodesPerCluster: Math.max(1, Math.ceil(nodes / clusters)),
  guest: { ...budgetGuest, tasks: Math.ceil(tasks / guests) },
});

/** These simulators share one process: one that is waited for is busy with another, and not gone. */
async function givePatience({ url, apiKey }: { readonly url: string; readonly apiKey: string }, id: number) {
  const headers = { 'X-Proxbox-API-Key': apiKey, 'content-type': 'application/json' };
  const body = JSON.stringify({ timeout: 300 });
  const response = await fetch(`${url}/proxmox/endpoints/${id}`, { method: 'PUT', headers, body });
  if (!response.ok) throw new Error(`The endpoint ${id} takes no timeout: ${await response.text()}`);
}

async function carryOut(order: ScaleOrder): Promise<Traffic> {
  if (order.do === 'register') {
    await registerEverything(order.url, order.apiKey, targetOf(environment));
    for (const index of environment.proxmox.keys()) await givePatience(order, index + 1);
  }
  const traffic = trafficOf(environment);
  resetTraffic(environment);
  return traffic;
}

process.on('message', (order: ScaleOrder) => {
  carryOut(order).then(
    (traffic) => process.send?.({ traffic }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
process.send?.({ ready: true });
