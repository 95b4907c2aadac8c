import { defineStage, type Stage } from '../../stage.js';
import { collectGuests } from './collect.js';
import { planGuests } from './diff.js';

/** QEMU machines, containers and templates as NetBox virtual machines, with their sidecars. */
export const virtualMachinesStage = defineStage({
  name: 'virtual-machines',
  title: 'Virtual machines',
  kinds: ['virtual-machine'],
  resources: ['vm', 'vm_template'],
  collect: collectGuests,
  plan: (collected, run) =>
    planGuests(collected, {
      options: run.options,
      supportIds: run.supportIds,
      endpoints: run.endpoints,
      virtualMachineTypes: run.capabilities.virtualMachineTypes,
      hasPlugin: run.capabilities.proxboxPlugin,
      defaultRoles: {
        qemu: run.settings.plugin?.defaultRoleQemu ?? null,
        lxc: run.settings.plugin?.defaultRoleLxc ?? null,
      },
      legacyFields: run.legacyFields.get('virtualization.virtualmachine') ?? new Set(),
      runId: run.runId,
      now: run.now,
      stampEveryRun: run.settings.values.stampEveryRun,
    }),
  discovered: ({ guests }) => ({
    noun: 'virtual machine',
    items: guests.map(({ view, resource }) => ({
      name: resource.name,
      item_type: resource.type,
      extra: { cluster: view.name, node: resource.node },
    })),
  }),
});

/** The same stage for one machine, under the name that its own route has on the wire. */
export const virtualMachineStage: Stage = {
  ...virtualMachinesStage,
  name: 'virtual-machine',
  title: 'Virtual machine',
};
