/**
 * The least that a first run can cost in NetBox: what it created, created again in the same bulk requests, and nothing else but
 * the updates of the plugin's rows, which it takes no sidecar without.
 */
import type { RealNetBox } from './real-netbox.js';
import type { Trial } from './trial.js';

export interface Floor {
  readonly objects: number;
  readonly requests: number;
  readonly netbox_cpu_s: number;
  readonly seconds: number;
}

/**
 * Sends them one after another into the emptied NetBox. Relations hold: the numbers of new objects begin at the same
 * value in every copy of the database, so that equal creations in equal order get equal numbers.
 */
export async function measureFloor({ registered, written }: Trial, netbox: RealNetBox): Promise<Floor> {
  await netbox.reset();
  for (const { method, path, body } of registered) await netbox.send(method, path, body);
  const needed = written.filter(({ method, path }) => method === 'POST' || (method === 'PATCH' && isOfPlugin(path)));
  const cpuBefore = await netbox.cpuS();
  const startedAt = performance.now();
  let objects = 0;
  for (const { method, path, body } of needed) {
    const answer = await netbox.send(method, path, body);
    if (method === 'POST') objects += Array.isArray(answer) ? answer.length : 1;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { objects, requests: needed.length, netbox_cpu_s: (await netbox.cpuS()) - cpuBefore, seconds };
}

const isOfPlugin = (path: string): boolean => path.startsWith('/api/plugins/');
