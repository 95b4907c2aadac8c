import { afterEach, describe, expect, it } from 'vitest';
import { createEstate, type Estate } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, sync, syncPartly, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const stream = '/dcim/devices/interfaces/create/stream';

describe('the stage of node interfaces', () => {
  let target: SimulatedTarget;
  const open = async (estate: Estate, variables: Readonly<Record<string, string>> = {}): Promise<void> => {
    target = await openSimulated(estate, { variables });
    await sync(target, '/dcim/devices/create/stream');
  };
  const refuse = (pattern: RegExp, status = 500): void =>
    target.world.proxmox[0]!.faults.add({ match: { path: pattern }, action: { status, reason: 'no' } });
  const warned = (result: { readonly complete: { readonly result: object | null } }): string =>
    JSON.stringify(result.complete.result);
  afterEach(() => target.close());

  it('goes on with the other nodes when one cannot be read', async () => {
    await open(anEstate(aCluster({ nodes: ['pve1', 'pve2'], guests: [] })));
    refuse(/nodes\/pve1\/network$/);

    const run = await syncPartly(target, stream, ['read_incomplete']);

    expect(warned(run)).toContain('The network of node \\"pve1\\" of \\"lab\\" cannot be read');
    expect(run.complete.result!.kinds['node-interface']).toMatchObject({ discovered: 5, created: 5 });
  });

  it('names the privilege when Proxmox does not allow it', async () => {
    await open(anEstate(aCluster({ nodes: ['pve1', 'pve2'], guests: [] })));
    refuse(/nodes\/pve1\/network$/, 403);

    expect((await syncPartly(target, stream, ['privilege_missing'])).complete.result!.warnings).toContainEqual(
      expect.objectContaining({ reason: 'privilege_missing', cluster: 'lab' }),
    );
  });

  it('fails when no node can be read, and writes nothing', async () => {
    await open(anEstate(aCluster({ nodes: ['pve1', 'pve2'], guests: [] })));
    refuse(/nodes\/[^/]+\/network$/);

    const seen = await target.watch(async () => {
      const { complete } = await target.world.stream(stream);
      expect(complete).toMatchObject({ ok: false, message: 'Node interfaces sync failed.' });
    });

    expect(seen.writes).toEqual([]);
  });

  it('skips the nodes that have no device yet', async () => {
    target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests: [] })));

    const run = await sync(target, stream);

    expect(run.complete.result!.kinds['node-interface']).toMatchObject({ discovered: 5, skipped: 5 });
    expect(await all(target, path.devices)).toEqual([]);
  });

  it('is skipped as a whole with sync_mode_node=disabled, and leaves out addresses with sync_mode_ip_address', async () => {
    await open(anEstate(aCluster({ nodes: ['pve1'], guests: [] })));

    const off = await watchedSync(target, `${stream}?sync_mode_node=disabled`);
    expect([off.writes, off.complete.message]).toEqual([
      [],
      'Node interfaces synchronization skipped (sync_mode_node=disabled)',
    ]);
    await sync(target, `${stream}?sync_mode_ip_address=disabled`);
    expect(await all(target, path.ipAddresses)).toEqual([]);
    expect(await all(target, path.deviceInterfaces)).toHaveLength(5);
  });

  it('costs three list requests of its own when nothing changed, however many nodes and guests there are', async () => {
    await open(createEstate({ vms: 200, clusters: 1, nodesPerCluster: 16, seed: 3 }), { PROXBOX_FULL_READ_HOURS: '0' });
    await sync(target, stream);
    await target.world.restart();

    const run = await watchedSync(target, stream);

    const own: string[] = [path.deviceInterfaces, path.vlans, path.ipAddresses];
    const lists = target.simulator.requestLog.map(({ target: url }) => url.split('?')[0] ?? '');
    expect(run.writes).toEqual([]);
    expect(run.complete.result!.kinds['node-interface']).toMatchObject({ discovered: 80, unchanged: 80 });
    expect(lists.filter((url) => own.includes(url))).toEqual(own);
    expect(run.requests).toBe(19);
  });
});
