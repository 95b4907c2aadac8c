import { defineStage } from '../../stage.js';
import { collectAddresses } from './collect.js';
import { planAddresses } from './diff.js';

/** Addresses of virtual machines, their links to the interfaces inside the guest, and the primary ones. */
export const ipAddressesStage = defineStage({
  name: 'vm-ip-addresses',
  title: 'VM IP addresses',
  kinds: ['ip-address'],
  resources: ['ip_address'],
  collect: collectAddresses,
  plan: (collected, run) => planAddresses(collected, { options: run.options, supportIds: run.supportIds }),
  discovered: ({ guests }) => ({
    noun: 'IP address',
    items: guests.flatMap(({ guest, nics }) =>
      nics.flatMap(({ name, addresses }) =>
        addresses.map(({ address }) => ({
          name: address,
          item_type: 'ip-address',
          extra: { vm: guest.resource.name, interface: name },
        })),
      ),
    ),
  }),
});
