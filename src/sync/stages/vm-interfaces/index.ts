/** Network devices of guests: VM interfaces with MAC address and VLAN, their bridges, and what the guests call them. */
import { PlanBuilder } from '../../plan/plan-builder.js';
import { machineName, planRoster } from '../../plan/roster.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { defineStage } from '../../stage.js';
import { collectInterfaces } from './collect.js';
import { planInterfaces } from './diff.js';

export const vmInterfacesStage = defineStage({
  name: 'vm-interfaces',
  title: 'VM interfaces',
  kinds: ['vm-interface'],
  resources: ['vm_interface'],
  needs: ['virtual-machines'],
  collect: collectInterfaces,
  plan: (collected, { options, supportIds, capabilities, learnt }) => {
    const tag = bootstrapOnlyTag(supportIds);
    const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: tag, learnt });
    planRoster(builder, collected.roster);
    const { writableInterfaceMac } = capabilities;
    return planInterfaces(builder, collected, { options, supportIds, writableInterfaceMac });
  },
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
