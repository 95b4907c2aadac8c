import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import { selectGuests } from '../../../../src/sync/collect/selection.js';
import { aConnectedCluster } from '../../../support/factories/estate.js';
import { createInMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';
import { aVirtualMachineState } from '../../../support/factories/netbox-records.js';
import { aGuestResource } from '../../../support/factories/proxmox.js';
import { aRun } from '../../../support/factories/run.js';
import { syncOptions } from '../../../support/factories/sync.js';

const cluster = aConnectedCluster([]);
const listed = [100, 101].map((vmid) => ({ cluster, resource: aGuestResource({ vmid }) }));

/** NetBox holds the machines 1 and 2. */
async function select(
  ids: readonly number[] | null,
  states: readonly RecordOf<'vm-state'>[],
): Promise<readonly number[]> {
  const netbox = createInMemoryNetBox();
  for (const name of ['a', 'b']) netbox.put('/api/virtualization/virtual-machines/', { name, status: 'active' });
  const { run } = aRun(netbox.client, { options: syncOptions({ netboxVmIds: ids }) });
  return (await selectGuests(run, listed, states)).map(({ resource }) => resource.vmid);
}

const first = aVirtualMachineState(11, 1);
const second = aVirtualMachineState(12, 2, { proxmox_vm_id: 101 });

describe('selecting guests by their NetBox machines', () => {
  it('takes everything when nothing is selected', async () => {
    expect(await select(null, [])).toEqual([100, 101]);
  });

  it('takes exactly the selected guests', async () => {
    expect(await select([2, 1], [first, second])).toEqual([101, 100]);
    expect(await select([2], [first, second])).toEqual([101]);
  });

  it('says that a single machine does not exist', async () => {
    await expect(select([9], [])).rejects.toMatchObject({
      code: 'not_found',
      status: 404,
      message: 'Virtual machine id=9 was not found in NetBox.',
    });
  });

  it.each<[string, readonly number[], readonly RecordOf<'vm-state'>[], string]>([
    ['one of several does not exist', [1, 9], [first], 'missing id(s): [9]'],
    ['it has no sidecar', [1], [], 'virtual machine 1 has 0 sync-state rows'],
    ['it has two sidecars', [1], [first, aVirtualMachineState(13, 1)], 'virtual machine 1 has 2 sync-state rows'],
    ['no live guest matches', [1], [aVirtualMachineState(11, 1, { proxmox_vm_id: 500 })], '0 live guests match'],
    [
      'the guest is of another type',
      [1],
      [aVirtualMachineState(11, 1, { proxmox_vm_type: 'lxc' })],
      '0 live guests match',
    ],
    [
      'the guest is of another endpoint',
      [1],
      [aVirtualMachineState(11, 1, { proxmox_endpoint_raw_id: 2 })],
      '0 live guests match',
    ],
  ])('never widens or shrinks: it fails when %s', async (_when, ids, states, detail) => {
    await expect(select(ids, states)).rejects.toMatchObject({
      code: 'stage_failed',
      status: 502,
      retryable: false,
      message: 'Unable to resolve explicitly selected VM ownership',
      detail: expect.stringContaining(detail) as unknown,
    });
  });
});
