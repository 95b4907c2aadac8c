import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, StreamFrame } from '../../src/cli/api-client.js';
import { registerEverything } from '../../src/cli/registration.js';
import { startService, variablesFor, type ServiceProcess } from '../../src/cli/service-process.js';
import { createEstate, type Estate } from '../../src/simulator/estate/index.js';
import { startProxmoxSimulators, type StartedProxmox } from '../../src/simulator/proxmox/index.js';
import { apiOf, type Api } from '../contract/netbox/target.js';
import { resetNetBox, watchNetBox } from './harness.js';

interface Complete {
  readonly ok: boolean;
  readonly message: string;
  readonly result: { readonly kinds: Record<string, Record<string, number>>; readonly warnings?: unknown[] } | null;
  readonly errors: unknown[];
}

describe('a full update of two Proxmox clusters into a real NetBox', () => {
  let folder: string;
  let estate: Estate;
  let proxmox: StartedProxmox;
  let service: ServiceProcess;
  let client: ApiClient;
  let netbox: Api;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'proxbox-netbox-test-'));
    const target = await resetNetBox();
    netbox = apiOf(target);
    estate = createEstate({ vms: 60, clusters: 2, seed: 7 });
    proxmox = await startProxmoxSimulators(estate);
    service = await startService(variablesFor(folder));
    client = await registerEverything(service.url, 'a-key-for-tests-of-at-least-32-characters', {
      estate,
      proxmox: proxmox.simulators,
      netbox: { url: target.url, tokenV1: target.tokens.v1, tokenV2: { key: target.tokens.v2Key, secret: target.tokens.v2 } },
    });
  });

  afterAll(async () => {
    await service.stop();
    await proxmox.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function fullUpdate(): Promise<{ complete: Complete; frames: StreamFrame[] }> {
    const frames: StreamFrame[] = [];
    for await (const frame of client.stream('/full-update/stream')) frames.push(frame);
    return { complete: frames.at(-1)?.data as unknown as Complete, frames };
  }

  it('creates exactly the estate, and says so', async () => {
    const { complete, frames } = await fullUpdate();

    expect(complete, JSON.stringify(frames.slice(-4), null, 1)).toMatchObject({ ok: true });
    const kinds = complete.result!.kinds;
    expect(Object.values(kinds).reduce((sum, counts) => sum + counts.failed!, 0), JSON.stringify(frames.filter(({ event }) => event === 'item_progress' || event === 'error_detail'))).toBe(0);
    const guests = estate.clusters.flatMap((cluster) => cluster.guests);
    const machines = await netbox.get('/api/virtualization/virtual-machines/?limit=1000');
    expect(machines.body.count).toBe(guests.length);
    expect(kinds['virtual-machine']).toMatchObject({ discovered: guests.length, created: guests.length, failed: 0 });
  });

  it('writes nothing and leaves no change-log row when nothing changed', async () => {
    let complete: Complete | undefined;
    const seen = await watchNetBox(async () => {
      ({ complete } = await fullUpdate());
    });

    expect(seen.writes).toEqual([]);
    expect(seen.changes).toBe(0);
    expect(complete).toMatchObject({ ok: true });
    expect(seen.requests.length).toBeLessThanOrEqual(30);
  });
});
