/** Disks without `size=` on volumes that carry another guest's number: their storage tells the size, or they are told. */
import { afterEach, expect, it } from 'vitest';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../../contract/sync/estates.js';
import { all, machineOf, sync, syncQuietly } from '../../../contract/sync/target.js';
import type { StreamResult } from '../../../support/world.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

/** One guest with nothing but such a disk, one with a disk of known size beside it. */
async function open(volume: (vmid: number) => string): Promise<void> {
  target = await openSimulated(
    anEstate(
      aCluster({
        nodes: ['pve1'],
        guests: [
          { vmid: 100, config: { scsi0: volume(221) } },
          { vmid: 101, config: { scsi0: volume(222), scsi1: 'ceph:vm-222-disk-1,size=5G' } },
        ],
      }),
    ),
  );
}

const sizes = async () =>
  (await all(target, path.disks)).map(({ virtual_machine: { name }, name: disk, size }) => [name, disk, size]).sort();
const machineDisks = async () =>
  Promise.all([100, 101].map(async (vmid) => (await machineOf(target, vmid)).machine.disk));
const told = ({ frames }: StreamResult) =>
  frames
    .filter(({ event, data }) => event === 'error_detail' && String(data['detail']).startsWith('disk_unsized'))
    .map(({ data }) => String(data['message']));

it('has the size that the storage lists under the owner of the volume', async () => {
  await open((vmid) => `ceph:vm-${vmid}-disk-0`);
  const { storages } = target.world.estate.clusters[0]!;
  const volumes = storages.find(({ name }) => name === 'ceph')!.volumes;
  for (const vmid of [221, 222]) {
    const volid = `ceph:vm-${vmid}-disk-0`;
    const size = 100 * 1024 ** 3;
    volumes.push({ volid, content: 'images', format: 'raw', size, ctime: 1_700_000_000, node: '', vmid, extra: {} });
  }

  const first = await sync(target);

  expect(told(first)).toEqual([]);
  expect(await sizes()).toEqual([
    ['guest-100', 'scsi0', 102_400],
    ['guest-101', 'scsi0', 102_400],
    ['guest-101', 'scsi1', 5120],
  ]);
  expect(await machineDisks()).toEqual([102_400, 107_520]);
  await syncQuietly(target);
});

it.each([
  ['does not list it', 'ceph'],
  ['is not there', 'zdata'],
])('is told, and neither written nor counted as 0, when the storage %s', async (_what, storage) => {
  await open((vmid) => `${storage}:vm-${vmid}-disk-0`);

  const first = await sync(target);

  expect(told(first).sort()).toEqual([
    expect.stringContaining(`scsi0 (${storage}:vm-221-disk-0) of "guest-100" has no size in its configuration`),
    expect.stringContaining(`scsi0 (${storage}:vm-222-disk-0) of "guest-101" has no size in its configuration`),
  ]);
  expect(told(first)[0]).toContain('qm disk rescan --vmid');
  expect(await sizes()).toEqual([['guest-101', 'scsi1', 5120]]);
  expect(await machineDisks()).toEqual([null, 5120]);
  expect(first.complete.result!.kinds['virtual-disk']).toMatchObject({ discovered: 3, created: 1, skipped: 2 });
  expect(told(await syncQuietly(target))).toHaveLength(2);
});
