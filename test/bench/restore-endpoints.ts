/** Makes the stored endpoints of a service again what they were at the start, whatever was done to them meanwhile. */
import { z } from 'zod';
import { netboxBody, proxmoxBodies } from '../demo/registration.js';
import type { RegistrationTarget } from '../demo/simulated-environment.js';

const Rows = z.array(z.looseObject({ id: z.int(), name: z.string() }));

/** What a change may have set and a registration does not name. */
const unset = {
  password: null,
  enabled: true,
  allow_writes: true,
  access_methods: 'api',
  timeout: null,
  max_retries: null,
  retry_backoff: null,
  node_device_name_template: null,
} as const;

/** Asked for while nothing has changed yet. Where a row is still there it keeps its id. */
export async function restorer(url: string, apiKey: string, target: RegistrationTarget): Promise<() => Promise<void>> {
  async function send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'X-Proxbox-API-Key': apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
  const rowsOf = async (path: string) => Rows.parse(await send('GET', path));

  async function put(path: string, bodies: readonly object[], ids: number[]): Promise<void> {
    const rows = await rowsOf(path);
    for (const { id } of rows) if (!ids.includes(id)) await send('DELETE', `${path}/${id}`);
    for (const [index, body] of bodies.entries()) {
      const id = ids[index] ?? 0;
      if (rows.some((row) => row.id === id)) await send('PUT', `${path}/${id}`, body);
      else ids[index] = z.object({ id: z.int() }).parse(await send('POST', path, body)).id;
    }
  }

  const proxmox = await rowsOf('/proxmox/endpoints');
  const bodies = proxmoxBodies(
    target,
    proxmox.map(({ name }) => name),
  ).map((body) => ({ ...body, ...unset }));
  const proxmoxIds = proxmox.map(({ id }) => id);
  const netboxIds = (await rowsOf('/netbox/endpoint')).map(({ id }) => id);
  const restore = async (): Promise<void> => {
    await put('/netbox/endpoint', [{ ...netboxBody(target), enabled: true }], netboxIds);
    await put('/proxmox/endpoints', bodies, proxmoxIds);
  };
  await restore();
  return restore;
}
