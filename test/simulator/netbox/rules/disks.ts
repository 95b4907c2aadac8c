import type { Rule } from './rule.js';
import type { World } from '../world.js';
import { asNumber } from '../values.js';

const model = 'virtualization.virtualmachine';

/** NetBox sums the disks into the machine with a plain UPDATE: no change log row, last_updated stays. */
const sumInto = (world: World, machineId: unknown): void => {
  const machine = world.store.get(model, machineId);
  if (machine === undefined) return;
  const disks = world.store.need('virtualization.virtualdisk').where('virtual_machine', machine.id);
  const total = disks.length === 0 ? null : disks.reduce((sum, disk) => sum + (asNumber(disk['size']) ?? 0), 0);
  world.store.put(model, machine.id, { ...machine, disk: total });
};

export const diskRule: Rule = {
  afterSave: (change, row) => sumInto(change.world, row['virtual_machine']),
  afterDelete: (world, row) => sumInto(world, row['virtual_machine']),
};
