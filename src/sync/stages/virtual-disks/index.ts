/** Disks, mount points and drives of guests as NetBox virtual disks, linked to the storages they lie on. */
import { parseGuestDisks } from '../../../proxmox/parse/disks.js';
import type { Item } from '../../events.js';
import { defineStage } from '../../stage.js';
import { maxDiscoveryItems } from '../../stage-frames.js';
import type { SourceRef } from '../../types.js';
import { collectDisks } from './collect.js';
import { planDisks } from './diff.js';
import type { DiskMachine } from './types.js';
import { machineName } from '../../plan/roster.js';

export const virtualDisksStage = defineStage({
  name: 'virtual-disks',
  title: 'Virtual disks',
  kinds: ['virtual-disk'],
  resources: ['vm', 'vm_template'],
  needs: ['virtual-machines'],
  collect: collectDisks,
  plan: (collected, run) => planDisks(collected, run),
  discovered: ({ machines }, { discovered }) => ({
    noun: 'virtual disk',
    items: [...announced(machines)],
    total: discovered.get('virtual-disk') ?? 0,
    count: machines.filter(({ config }) => config.status === 'read').length,
  }),
});

/** No more than are announced: to name all disks is to read all configurations once more. */
function* announced(machines: readonly DiskMachine[]): Generator<Item> {
  let left = maxDiscoveryItems;
  for (const machine of machines)
    for (const name of diskNames(machine)) {
      if (left === 0) return;
      yield item(name, machine.source);
      left -= 1;
    }
}

function item(name: string, { cluster, node = '' }: SourceRef): Item {
  return { name, item_type: 'virtual_disk', extra: { cluster, node } };
}

/** A machine whose configuration could not be read stands for its disks. */
function diskNames(machine: DiskMachine): readonly string[] {
  const name = machineName(machine);
  if (machine.config.status !== 'read') return [name];
  const { disks, unsized } = parseGuestDisks(machine.config.config, machine.sizes);
  return [...disks, ...unsized].map((disk) => `${name}/${disk.name}`);
}
