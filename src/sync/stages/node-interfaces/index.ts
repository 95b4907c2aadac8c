/** The interfaces of the nodes on their devices, with VLANs, addresses and the devices' primary addresses. */
import { defineStage } from '../../stage.js';
import { collectInterfaces } from './collect.js';
import { planNodeInterfaces } from './diff.js';

export const nodeInterfacesStage = defineStage({
  name: 'node-interfaces',
  title: 'Node interfaces',
  kinds: ['node-interface', 'vlan', 'ip-address'],
  resources: ['node'],
  needs: ['devices'],
  collect: collectInterfaces,
  plan: (collected, { options, supportIds, learnt }) =>
    planNodeInterfaces({ ...collected, options, supportIds, learnt }),
  discovered: ({ nodes }) => ({
    noun: 'node interface',
    items: nodes.flatMap(({ name, source, network }) =>
      network.status === 'read'
        ? network.interfaces.map((one) => ({
            name: one.name,
            item_type: 'interface',
            extra: { cluster: source.cluster, node: name },
          }))
        : [],
    ),
  }),
});
