import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renameCluster, setStatus, type EstateCluster } from '../../simulator/estate/index.js';
import { path } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { all, machineOf, one, sync, syncQuietly } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

interface EndpointRow {
  readonly id: number;
  readonly name: string;
}

async function endpoints(target: SyncTarget): Promise<EndpointRow[]> {
  return (await target.world.ask('GET', '/proxmox/endpoints')).body;
}

/** A row so named gets the number as its id, while that is free. */
const numbered = / \(nb:\d+\)$/;

/** Forgets an endpoint and registers it again by hand, as after a lost database: it gets another id. */
async function registerAgain(target: SyncTarget, index: number): Promise<EndpointRow> {
  const old = (await endpoints(target))[index]!;
  const { port, username, tokenName, tokenValue } = target.world.proxmox[index]!;
  expect((await target.world.ask('DELETE', `/proxmox/endpoints/${old.id}`)).status).toBe(200);
  const { status, body } = await target.world.ask('POST', '/proxmox/endpoints', {
    name: old.name.replace(numbered, ''),
    domain: 'localhost',
    ip_address: '127.0.0.1',
    port,
    username,
    token_name: tokenName,
    token_value: tokenValue,
    verify_ssl: false,
  });
  expect(status).toBe(200);
  expect(body.id).not.toBe(old.id);
  return body;
}

const machineNames = async (target: SyncTarget, cluster: string): Promise<string[]> =>
  (await all(target, path.vms))
    .filter((machine) => machine.cluster.name === cluster)
    .map(({ name }) => name)
    .sort();

export function describeClusters(openTarget: OpenTarget): void {
  describe('clusters that look alike', () => {
    const guests = [
      { vmid: 100, name: 'web' },
      { vmid: 101, name: 'db' },
    ];
    const lab = aCluster({ guests });
    const edge = aCluster({ name: 'edge', guests });
    const solo = aCluster({ name: 'solo', network: '203.0.113', nodes: ['solo'], standalone: true, guests });
    const clusters: readonly EstateCluster[] = [lab, edge, solo];
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(...clusters));
      await sync(target);
    });
    afterAll(() => target.close());

    it('two clusters with equal VMIDs, node names and guest names never mix', async () => {
      setStatus(edge, 100, 'stopped');
      await sync(target);

      expect((await machineOf(target, 100, 'lab')).machine.status.value).toBe('active');
      expect((await machineOf(target, 100, 'edge')).machine.status.value).toBe('offline');
      for (const { name } of clusters) expect(await machineNames(target, name)).toEqual(['db', 'web']);
      const devices = await all(target, path.devices, '&name=pve1');
      expect(devices.map((device) => device.cluster.name).sort()).toEqual(['edge', 'lab']);
      await syncQuietly(target);
    });

    it('a node without a cluster becomes a cluster of its own type, named after the node', async () => {
      expect(await one(target, path.clusters, 'name=solo')).toMatchObject({
        type: { slug: 'standalone', name: 'Standalone' },
        description: 'Proxmox standalone cluster.',
      });
      expect((await one(target, path.devices, 'name=solo')).cluster.name).toBe('solo');
      expect((await machineOf(target, 100, 'solo')).machine.device.name).toBe('solo');
    });

    it('a run of one endpoint leaves the other clusters alone', async () => {
      setStatus(lab, 101, 'stopped');
      setStatus(edge, 101, 'stopped');
      const [first] = await endpoints(target);

      await sync(target, `/full-update/stream?proxmox_endpoint_ids=${first!.id}`);

      expect((await machineOf(target, 101, 'lab')).machine.status.value).toBe('offline');
      expect((await machineOf(target, 101, 'edge')).machine.status.value).toBe('active');
    });

    it('an endpoint registered again under another id duplicates nothing', async () => {
      const before = (await machineOf(target, 100, 'lab')).machine.id;
      const { id } = await registerAgain(target, 0);

      await sync(target);

      const after = await machineOf(target, 100, 'lab');
      expect(after.machine.id).toBe(before);
      expect(after.state.proxmox_endpoint_raw_id).toBe(id);
      for (const { name } of clusters) expect(await machineNames(target, name)).toEqual(['db', 'web']);
      await syncQuietly(target);
    });

    it('a cluster renamed in Proxmox keeps its virtual machines: they follow into the cluster of the new name', async () => {
      const before = (await machineOf(target, 100, 'edge')).machine.id;
      renameCluster(edge, 'edge-new');
      await target.world.restart(); // cluster/status is reused for five seconds

      await sync(target);

      const { machine } = await machineOf(target, 100, 'edge-new');
      expect([machine.id, machine.cluster.name, machine.device.name]).toEqual([before, 'edge-new', 'pve1']);
      expect(machine.site.name).toBe((await one(target, path.clusters, 'name=edge-new')).scope.name);
      expect(await all(target, path.vms)).toHaveLength(6);
      expect(await all(target, path.devices)).toHaveLength(7);
      await syncQuietly(target);
    });
  });

  describe('two endpoints of one cluster', () => {
    const lab = aCluster({
      guests: [
        { vmid: 100, name: 'web' },
        { vmid: 101, name: 'db' },
      ],
    });
    let target: SyncTarget;
    let ids: number[];

    beforeAll(async () => {
      target = await openTarget(anEstate(lab, lab));
      await sync(target);
      ids = (await endpoints(target)).map(({ id }) => id).sort((a, b) => a - b);
    });
    afterAll(() => target.close());

    it('are one cluster, owned by the endpoint with the lowest id', async () => {
      expect(ids).toHaveLength(2);
      expect(await machineNames(target, 'lab')).toEqual(['db', 'web']);
      expect(await all(target, path.devices)).toHaveLength(3);
      const states = await all(target, path.vmState);
      expect(states.map((state) => state.proxmox_endpoint_raw_id)).toEqual([ids[0], ids[0]]);
      await syncQuietly(target);
    });

    it('a run of either of them knows the machines that the other has written', async () => {
      for (const id of ids) await sync(target, `/full-update/stream?proxmox_endpoint_ids=${id}`);

      expect(await machineNames(target, 'lab')).toEqual(['db', 'web']);
      expect(await all(target, path.devices)).toHaveLength(3);
      expect(await all(target, path.clusters)).toHaveLength(1);
    });

    it('a run while the owner cannot be reached duplicates nothing', async () => {
      const owner = target.world.proxmox[0]!;
      owner.faults.add({ match: {}, action: { status: 503, reason: 'gone' } });
      await target.world.restart();
      const machines = await all(target, path.vms);

      const { frames } = await target.world.fullUpdate();

      expect(JSON.stringify(frames)).toContain('endpoint_unreachable');
      expect(await all(target, path.vms)).toEqual(machines);
      owner.faults.clear();
    });
  });
}
