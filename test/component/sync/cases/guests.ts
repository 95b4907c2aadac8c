/** Guests as the reported cases describe them: one network device, and what the agent says. */
import type { AgentInterface } from '../../../simulator/estate/types.js';

export const mac = (vmid: number): string => `BC:24:11:0E:${vmid.toString(16).toUpperCase()}:00`;
export const macOf = (vmid: number): string => mac(vmid).toLowerCase();

export const host = (address: string, prefix: number | null = address.includes(':') ? 64 : 24) => ({
  'ip-address': address,
  'ip-address-type': address.includes(':') ? ('ipv6' as const) : ('ipv4' as const),
  ...(prefix === null ? {} : { prefix }),
});

export const loopback: AgentInterface = {
  name: 'lo',
  'hardware-address': '00:00:00:00:00:00',
  'ip-addresses': [host('127.0.0.1', 8), host('::1', 128)],
};

export function ens18(vmid: number, ...hosts: readonly string[]): AgentInterface {
  return { name: 'ens18', 'hardware-address': macOf(vmid), 'ip-addresses': hosts.map((one) => host(one)) };
}

export function aGuest(vmid: number, name: string, interfaces: readonly AgentInterface[], device = '') {
  return {
    vmid,
    name,
    status: 'running' as const,
    config: {
      agent: '1',
      net0: `virtio=${mac(vmid)},bridge=vmbr0${device}`,
      scsi0: `ceph:vm-${vmid}-disk-0,size=10G`,
    },
    agent: { state: 'running' as const, hostName: name, interfaces: [...interfaces] },
  };
}
