import { defineStage } from '../../stage.js';
import { collectInterfaces } from './collect.js';
import { planInterfaces } from './diff.js';
import { machineName } from '../../plan/roster.js';

/** Network devices of guests: VM interfaces with MAC address and VLAN, their bridges, and what the guests call them. */
export const vmInterfacesStage = defineStage({
  name: 'vm-interfaces',
  title: 'VM interfaces',
  kinds: ['vm-interface', 'virtual-machine'],
  resources: ['vm_interface'],
  collect: collectInterfaces,
  plan: (collected, run) =>
    planInterfaces(collected, {
      options: run.options,
      supportIds: run.supportIds,
      writableInterfaceMac: run.capabilities.writableInterfaceMac,
    }),
  discovered: ({ guests }) => ({
    noun: 'VM interface',
    items: guests.flatMap((guest) =>
      guest.matches.map(({ name }) => ({
        name: `${machineName(guest)} ${name}`,
        item_type: 'vm-interface',
        extra: { cluster: guest.source.cluster, vmid: guest.resource.vmid },
      })),
    ),
  }),
});
