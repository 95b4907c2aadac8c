/** Custom fields with our names that another tool made: left out for the run, one warning each, and the machines written. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/config/clock.js';
import { createSteppedClock } from '../../../support/stepped-clock.js';
import { aCluster, anEstate } from '../../../contract/sync/estates.js';
import { machineOf, sync, syncQuietly } from '../../../contract/sync/target.js';
import type { StreamResult } from '../../../support/world.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';

const clock = createSteppedClock();
let target: SimulatedTarget;
afterEach(() => target.close());

const vms = '/api/virtualization/virtual-machines/';
const machineTypes = ['virtualization.virtualmachine'];
const create = (at: string, data: object) => target.simulator.operator.create(at, { ...data });
const told = ({ complete }: StreamResult): string[] =>
  (complete.result!.warnings ?? [])
    .filter(({ reason }) => reason === 'custom_field_refused')
    .map((one) => one.message!);
const creations = () =>
  target.simulator.requestLog.filter((one) => one.method === 'POST' && one.target.startsWith(vms)).length;

async function open(fields: Readonly<Record<string, object>>, clock?: Clock): Promise<void> {
  const estate = anEstate(aCluster({ nodes: ['pve1'], guests: [{ vmid: 100 }, { vmid: 101 }] }));
  target = await openSimulated(estate, clock === undefined ? {} : { clock });
  const rows = target.simulator.state.objects('extras/custom-fields');
  for (const [name, definition] of Object.entries(fields)) {
    // The plugin's own field of that name, which the other tool has replaced.
    for (const row of rows.filter((one) => one['name'] === name))
      target.simulator.operator.remove('extras/custom-fields', row.id);
    create('extras/custom-fields', { name, object_types: machineTypes, ...definition });
  }
}

function choices(...values: readonly string[]): object {
  const set = create('extras/custom-field-choice-sets', {
    name: values.join(),
    extra_choices: values.map((value) => [value, value]),
  });
  return { type: 'select', choice_set: set.id };
}

describe('custom fields that another tool made', () => {
  it('of other types are left out in one repeated request, with one warning each', async () => {
    await open({ proxmox_vm_id: { type: 'text' }, proxmox_vm_type: { type: 'boolean' } });

    const first = await sync(target);

    expect(told(first).sort()).toEqual([
      expect.stringContaining('The custom field "proxmox_vm_id" is left out of every virtual machine'),
      expect.stringContaining('The custom field "proxmox_vm_type" is left out of every virtual machine'),
    ]);
    expect(first.complete.result!.kinds['virtual-machine']).toMatchObject({ created: 2, failed: 0 });
    expect((await machineOf(target, 100)).machine.custom_fields).toMatchObject({
      proxmox_vm_id: null,
      proxmox_node: 'pve1',
      proxmox_vm_type: null,
    });
    for (const run of [2, 3]) {
      target.simulator.resetCounters();
      expect((await syncQuietly(target)).complete.result, `run ${run}`).toMatchObject({ status: 'completed' });
      expect(creations()).toBe(0);
    }
  });

  it('are tried again after an hour, and nothing is written or counted where only they differ', async () => {
    await open({ proxmox_node: { type: 'boolean' } }, clock);
    await sync(target);
    clock.step(2 * 3_600_000);

    target.simulator.resetCounters();
    const { complete } = await sync(target);

    const patches = target.simulator.requestLog.filter(({ method }) => method === 'PATCH');
    expect(patches.map(({ status }) => status)).toEqual([400]);
    expect(told({ complete, frames: [] })).toHaveLength(1);
    expect(complete.result!.kinds['virtual-machine']).toMatchObject({ updated: 0, unchanged: 2, failed: 0 });
  });

  it('that are selections are written where they have our value, and left out where they have not', async () => {
    await open({});
    for (const row of target.simulator.state.objects('extras/custom-fields'))
      if (row['name'] === 'proxmox_node') target.simulator.operator.remove('extras/custom-fields', row.id);
    create('extras/custom-fields', { name: 'proxmox_node', object_types: machineTypes, ...choices('pve1', 'pve2') });
    create('extras/custom-fields', { name: 'proxmox_vm_type', object_types: machineTypes, ...choices('vm', 'lxc') });

    const first = await sync(target);

    expect(told(first)).toEqual([expect.stringContaining('"proxmox_vm_type"')]);
    expect((await machineOf(target, 101)).machine.custom_fields).toMatchObject({
      proxmox_node: { value: 'pve1' },
      proxmox_vm_type: null,
    });
    await syncQuietly(target);
  });
});
