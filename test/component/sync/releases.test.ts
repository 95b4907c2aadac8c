import { afterEach, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import type { NetBoxSimulatorOptions } from '../../simulator/netbox/index.js';
import { sync, syncQuietly } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

describe('older and smaller NetBoxes', () => {
  const estate = createEstate({ vms: 40, clusters: 2, seed: 9 });
  let target: SimulatedTarget;
  const open = async (netbox: NetBoxSimulatorOptions): Promise<void> => {
    target = await openSimulated(estate, { netbox });
  };
  const objects = (path: string) => target.simulator.state.objects(path);
  afterEach(() => target.close());

  it.each(['4.5.9', '4.6.8'] as const)(
    'NetBox %s gets the whole estate, and nothing in the second run',
    async (version) => {
      await open({ version });

      const { complete } = await sync(target);

      expect(complete.result!.kinds['virtual-machine']).toMatchObject({ discovered: 40, created: 40 });
      expect(objects('virtualization/virtual-machines')).toHaveLength(40);
      expect(objects('plugins/proxbox/sync-state/virtual-machines')).toHaveLength(40);
      await syncQuietly(target);
    },
  );

  it('a machine has a role before NetBox 4.6, and a type since', async () => {
    await open({ version: '4.5.9' });
    await sync(target);
    expect(objects('virtualization/virtual-machines').every(({ role }) => role !== null)).toBe(true);
    await target.close();

    await open({ version: '4.6.8' });
    await sync(target);
    const machines = objects('virtualization/virtual-machines');
    expect(machines.every((machine) => machine['virtual_machine_type'] !== null && machine['role'] === null)).toBe(
      true,
    );
  });

  it('a page size of 50 in NetBox changes nothing', async () => {
    await open({ maxPageSize: 50 });
    await sync(target);

    await syncQuietly(target);

    expect(objects('virtualization/virtual-machines')).toHaveLength(40);
  });

  it('without the plugin clusters, devices and machines are synced, storages skipped with a reason', async () => {
    await open({ plugin: 'off' });

    const { complete } = await sync(target);

    const { kinds, warnings } = complete.result!;
    expect(kinds['virtual-machine']).toMatchObject({ discovered: 40, created: 40, failed: 0 });
    expect(kinds['device']).toMatchObject({ failed: 0, skipped: 0 });
    expect(objects('virtualization/clusters')).toHaveLength(2);
    const storages = estate.clusters.flatMap((cluster) => cluster.storages).length;
    expect(kinds['storage']).toMatchObject({ discovered: storages, skipped: storages, created: 0, failed: 0 });
    expect(warnings?.map(({ reason }) => reason)).toContain('plugin_route_missing');
    await syncQuietly(target);
  });
});
