import type { Rule } from './rule.js';
import { Invalid, refuse } from '../failures.js';
import { related } from '../world.js';

/** An endpoint needs an address of some kind. */
export const endpointRule: Rule = {
  clean: ({ draft }) => {
    const missing = ['Provide either a domain or an IP address.'];
    if (!draft['domain'] && !draft['ip_address']) throw new Invalid({ domain: missing, ip_address: missing });
  },
};

/** A guest interface maps to one core interface of the same machine, which nothing else maps to. */
export const guestInterfaceRule: Rule = {
  clean: (change) => {
    const port = related(change, 'vm_interface');
    if (port === undefined) return;
    if (port['virtual_machine'] !== change.draft['virtual_machine'])
      refuse(
        'vm_interface',
        'Mapped core VM interface must belong to the same virtual machine as the guest interface.',
      );
    const others = change.world.store
      .need(change.kind.model)
      .where('vm_interface', port.id)
      .filter((row) => row.id !== change.before?.id);
    if (others.length > 0)
      refuse(
        'vm_interface',
        'This core VM interface is already mapped to another guest interface (one-to-one). A guest interface that shares a ' +
          'MAC with the Proxmox NIC (e.g. a VLAN sub-interface) must not claim the same core interface.',
      );
  },
};

/** A guest's address is an address of the mapped interface, or of the same machine. */
export const guestAddressRule: Rule = {
  clean: (change) => {
    const address = related(change, 'ip_address');
    const guest = related(change, 'guest_interface');
    if (!address?.['assigned_object_id'] || guest === undefined) return;
    const isVmPort = address['assigned_object_type'] === 'virtualization.vminterface';
    const port = isVmPort
      ? change.world.store.get('virtualization.vminterface', address['assigned_object_id'])
      : undefined;
    if (guest['vm_interface']) {
      if (port?.id !== guest['vm_interface'])
        refuse('ip_address', 'IP address must be the same object assigned to the mapped Proxmox core VM interface.');
    } else if (port?.['virtual_machine'] !== guest['virtual_machine'])
      refuse(
        'ip_address',
        'IP address must be assigned to a VM interface on the same virtual machine as the guest interface.',
      );
  },
};
