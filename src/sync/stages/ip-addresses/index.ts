/** Addresses of virtual machines, their links to the interfaces inside the guest, and the primary ones. */
import { machineName } from '../../plan/roster.js';
import { defineStage } from '../../stage.js';
import { collectAddresses } from './collect.js';
import { planAddresses } from './diff.js';

export const ipAddressesStage = defineStage({
  name: 'vm-ip-addresses',
  title: 'VM IP addresses',
  kinds: ['ip-address'],
  resources: ['ip_address'],
  needs: ['vm-interfaces'],
  collect: collectAddresses,
  plan: (collected, run) => planAddresses(collected, run),
  discovered: ({ guests }) => ({
    noun: 'IP address',
    items: guests.flatMap(({ guest, nics }) =>
      nics.flatMap(({ name, addresses }) =>
        addresses.map(({ address }) => ({
          name: address,
          item_type: 'ip-address',
          extra: { vm: machineName(guest), interface: name },
        })),
      ),
    ),
  }),
});
