/** Names that cannot be resolved for a while: nothing is pinned, neither the failure nor the address. */
import dns from 'node:dns';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { openWorld, type World } from '../support/world.js';

type Answer = 'unknown' | 'here';

/** What the resolver says of names below `.invalid`, which no real one knows (RFC 6761). */
function resolver() {
  let answer: Answer = 'unknown';
  const asked: string[] = [];
  const { lookup } = dns;
  const spy = vi.spyOn(dns, 'lookup').mockImplementation((name: string, ...rest: unknown[]) => {
    if (!name.endsWith('.invalid')) return Reflect.apply(lookup, dns, [name, ...rest]) as unknown;
    asked.push(name);
    const callback = rest.at(-1) as (error: Error | null, ...found: unknown[]) => void;
    const { all } = rest[0] as { readonly all?: boolean };
    const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name });
    if (answer === 'unknown') setImmediate(() => callback(unknown));
    else if (all === true) setImmediate(() => callback(null, [{ address: '127.0.0.1', family: 4 }]));
    else setImmediate(() => callback(null, '127.0.0.1', 4));
    return undefined;
  });
  return { asked, say: (next: Answer) => void (answer = next), restore: () => spy.mockRestore() };
}

describe('a name that cannot be resolved, and then can', () => {
  let world: World;
  const names = resolver();
  afterEach(async () => {
    await world.close();
    names.restore();
  });

  it('costs the requests meanwhile and no restart: NetBox and Proxmox answer as soon as it resolves', async () => {
    world = await openWorld({
      estate: createEstate({ vms: 3, clusters: 1, seed: 3 }),
      variables: { PROXBOX_NETBOX_MAX_RETRIES: '0' },
    });
    await world.ask('PUT', '/netbox/endpoint/1', { domain: 'netbox.invalid' });
    await world.ask('PUT', '/proxmox/endpoints/1', { domain: 'pve.invalid', ip_address: 'pve.invalid' });

    const failed = await world.ask('GET', '/netbox/status');

    expect(failed.status).toBe(502);
    expect(failed.body).toMatchObject({ reason: 'netbox_unreachable', detail: expect.stringContaining('ENOTFOUND') });
    expect((await world.ask('GET', '/proxmox/nodes?proxmox_endpoint_ids=1')).status).toBeGreaterThanOrEqual(400);
    expect(names.asked).toEqual(expect.arrayContaining(['netbox.invalid', 'pve.invalid']));

    names.say('here');

    expect((await world.ask('GET', '/netbox/status')).status).toBe(200);
    expect((await world.ask('GET', '/proxmox/nodes?proxmox_endpoint_ids=1')).status).toBe(200);
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
  });
});
