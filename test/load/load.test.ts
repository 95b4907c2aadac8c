/** What is far more than usual: the service started as in a container, whose memory has to suffice. */
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { peakMiB } from '../bench/process-figures.js';
import type { StartOptions } from '../demo/service-process.js';
import { createEstate, type EstateGuest } from '../simulator/estate/index.js';
import type { AgentInterface } from '../simulator/estate/types.js';
import { readAsPlugin } from '../support/plugin-stream.js';
import { openWorld, type World } from '../support/world.js';

const plain = { disks: 1, networkDevices: 1, addresses: 1, snapshots: 0, backups: 0, tasks: 0 };

describe('much more than usual', () => {
  let world: World;
  afterEach(() => world.close());

  const open = async (
    options: Parameters<typeof createEstate>[0],
    { containerMb, variables = {} }: StartOptions & { readonly variables?: Readonly<Record<string, string>> } = {},
  ) => {
    const start = containerMb === undefined ? {} : { containerMb };
    world = await openWorld({ estate: createEstate(options), service: 'process', variables, start });
  };
  const rows = (path: string) => world.netbox.state.objects(path);
  const peak = (): Promise<number> => peakMiB(world.process?.pid ?? 0);
  /** A full update, and one more that changes nothing. */
  const twice = async () => {
    const { complete } = await world.fullUpdate();
    expect(complete).toMatchObject({ ok: true, errors: [] });
    world.netbox.resetCounters();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    expect(world.netbox.counters.writes).toBe(0);
    return { complete, requests: world.netbox.counters.total, peak: await peak() };
  };

  it('a virtual machine with 110 interfaces and 1,000 addresses', async () => {
    await open({ vms: 2, clusters: 1, seed: 3, guest: { ...plain, lxcShare: 0 } }, { containerMb: 256 });
    const guest = world.estate.clusters[0]?.guests.get(100);
    if (guest === undefined) throw new Error('the estate has no guest 100');
    busyInside(guest);

    const { requests, peak } = await twice();

    const machine = world.netbox.state.find('virtualization/virtual-machines', ({ name }) => name === guest.name)?.id;
    const inside = rows('plugins/proxbox/guest-vm-interfaces').filter((row) => row['virtual_machine'] === machine);
    expect(inside).toHaveLength(110);
    const port = rows('virtualization/interfaces').find((row) => row['virtual_machine'] === machine)?.id;
    const addresses = rows('ipam/ip-addresses').filter(
      (row) => row['assigned_object_type'] === 'virtualization.vminterface' && row['assigned_object_id'] === port,
    );
    expect(addresses).toHaveLength(1000);
    expect(requests).toBeLessThan(80);
    expect(peak).toBeLessThan(256);
  });

  it('a cluster with 100,000 tasks', async () => {
    await open(
      { vms: 100, clusters: 1, nodesPerCluster: 4, seed: 3, guest: { ...plain, tasks: 1000 } },
      { containerMb: 384 },
    );

    const { requests, peak } = await twice();

    expect(rows('plugins/proxbox/task-history')).toHaveLength(100_000);
    expect(requests).toBeLessThan(500);
    expect(peak).toBeLessThan(384);
  });

  it('a storage with 50,000 volumes', async () => {
    await open(
      { vms: 100, clusters: 1, nodesPerCluster: 4, seed: 3, guest: { ...plain, backups: 500 } },
      { containerMb: 512, variables: { PROXBOX_BACKUP_BATCH_SIZE: '50' } },
    );

    const { requests, peak } = await twice();

    expect(rows('plugins/proxbox/backups')).toHaveLength(50_000);
    expect(requests).toBeLessThan(300);
    expect(peak).toBeLessThan(512);
  });

  it('50 readers of full updates at the same time, 5 of them slow, and 20 WebSockets beside them', async () => {
    const variables = { PROXBOX_RATE_LIMIT: '100000', PROXBOX_TRUSTED_PROXIES: '127.0.0.1' };
    await open({ vms: 20, clusters: 2, seed: 3 }, { containerMb: 512, variables });
    expect((await world.fullUpdate()).complete.ok).toBe(true);
    world.netbox.resetCounters();
    const url = `${world.url}/full-update/stream`;

    const reading = Array.from({ length: 50 }, (_, index) =>
      readAsPlugin(url, world.apiKey, index % 10 === 0 ? 20 : 0),
    );
    const sockets = Array.from({ length: 20 }, (_, index) => commandOf(world, 'Full Update Sync', index));
    const streams = await Promise.all(reading);

    expect(streams.map((frames) => frames.at(-1)?.data)).toMatchObject(streams.map(() => ({ ok: true, errors: [] })));
    const summaries = streams.map((frames) => frames.filter(({ event }) => event === 'phase_summary').length);
    expect(summaries).toEqual(streams.map(() => 12));
    const ends = (await Promise.all(sockets)).map((objects) => objects.filter(({ end }) => end === true));
    expect(ends).toMatchObject(ends.map(() => [{ object: 'full-update', status: 'completed' }]));
    expect(world.netbox.counters.writes).toBe(0);
    expect(await peak()).toBeLessThan(512);
  });
});

interface SocketObject {
  readonly object?: string;
  readonly end?: boolean;
}

/** What a WebSocket client is told of its command, up to the end of it. Each comes from an address of its own, as through a proxy. */
function commandOf(world: World, command: string, index: number): Promise<readonly SocketObject[]> {
  const headers = { 'x-proxbox-api-key': world.apiKey, 'x-forwarded-for': `192.0.2.${index + 1}` };
  const socket = new WebSocket(`${world.url.replace(/^http/, 'ws')}/ws`, { headers });
  const told: SocketObject[] = [];
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`closed with ${code} before the end of the run`)));
    socket.once('open', () => socket.send(command));
    socket.on('message', (data) => {
      const text = (data as Buffer).toString('utf8');
      if (!text.startsWith('{')) return;
      const object = JSON.parse(text) as SocketObject;
      told.push(object);
      if (object.end !== true || object.object !== 'full-update') return;
      resolve(told.filter(({ object: of }) => of === 'full-update'));
      socket.terminate();
    });
  });
}

/** 110 interfaces behind the guest's one network device, with 1,000 addresses in all. */
function busyInside(guest: EstateGuest): void {
  const mac = /[0-9A-F]{2}(:[0-9A-F]{2}){5}/.exec(String(guest.config['net0']))?.[0] ?? '';
  const inside = guest.agent.interfaces as AgentInterface[];
  inside.length = 0;
  for (let index = 0; index < 110; index += 1) {
    const count = index < 10 ? 10 : 9;
    inside.push({
      name: index === 0 ? 'ens18' : `ens18.${index + 1}`,
      'hardware-address': mac.toLowerCase(),
      'ip-addresses': Array.from({ length: count }, (_, n) => ({
        'ip-address': `10.${index + 1}.0.${n + 1}`,
        'ip-address-type': 'ipv4',
        prefix: 24,
      })),
    });
  }
}
