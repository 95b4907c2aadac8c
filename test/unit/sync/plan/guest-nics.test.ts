import { describe, expect, it } from 'vitest';
import type { GuestInterface } from '../../../../src/proxmox/parse/guest-interfaces.js';
import { matchNics } from '../../../../src/sync/plan/guest-nics.js';

const config = {
  net0: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr0',
  net1: 'e1000=AA:BB:CC:00:00:02,bridge=vmbr1',
};
const inside = (name: string, mac: string | null): GuestInterface => ({ name, mac, addresses: [] });
const modern = { strategy: 'guest_os_model', useGuestAgentInterfaceName: true } as const;
const legacy = { strategy: 'legacy_rename', useGuestAgentInterfaceName: true } as const;

function match(
  interfaces: readonly GuestInterface[],
  naming: Parameters<typeof matchNics>[2] = modern,
  guest: Readonly<Record<string, string>> = config,
) {
  const { nics, unmatched } = matchNics({ config: guest, type: 'qemu' }, interfaces, naming);
  return {
    nics: nics.map(({ name, inside: found }) => [name, ...found.map((one) => one.name)]),
    unmatched: unmatched.map(({ name }) => name),
  };
}

describe('network devices and what runs on them', () => {
  it('are matched by MAC address, whatever the guest calls them', () => {
    const found = match([
      inside('lo', '00:00:00:00:00:00'),
      inside('ens19', 'aa:bb:cc:00:00:02'),
      inside('ens18', 'aa:bb:cc:00:00:01'),
    ]);
    expect(found).toEqual({
      nics: [
        ['net0', 'ens18'],
        ['net1', 'ens19'],
      ],
      unmatched: ['lo'],
    });
  });

  it('take every interface with their MAC address, in the order of the guest', () => {
    const found = match([inside('eth0', 'aa:bb:cc:00:00:01'), inside('eth0.100', 'aa:bb:cc:00:00:01')]);
    expect(found.nics).toEqual([['net0', 'eth0', 'eth0.100'], ['net1']]);
  });

  it('are matched by name only where a MAC address is not known', () => {
    expect(match([inside('net1', null)]).nics).toEqual([['net0'], ['net1', 'net1']]);
    expect(match([inside('net1', 'de:ad:be:ef:00:00')]).nics).toEqual([['net0'], ['net1']]);
  });

  it('without any MAC address from the guest: its one interface with an address is the one device, else none is', () => {
    const one = { net0: config.net0 };
    const on = (name: string, address: string): GuestInterface => ({
      name,
      mac: null,
      addresses: [{ address, prefix: null, family: 4 }],
    });
    const loopback = on('Loopback Pseudo-Interface 1', '127.0.0.1');
    const ethernet = on('Ethernet0', '172.20.0.54');

    expect(match([ethernet, loopback], modern, one).nics).toEqual([['net0', 'Ethernet0']]);
    expect(match([ethernet, loopback]).nics).toEqual([['net0'], ['net1']]);
    expect(match([ethernet, on('docker0', '172.17.0.1')], modern, one).nics).toEqual([['net0']]);
    expect(match([ethernet, inside('tun0', 'de:ad:be:ef:00:00')], modern, one).nics).toEqual([['net0']]);
  });

  it('with one MAC address between them: the lower number has what the guest says', () => {
    const twins = { net0: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr0', net1: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr1' };
    expect(match([inside('eth0', 'aa:bb:cc:00:00:01')], modern, twins).nics).toEqual([['net0', 'eth0'], ['net1']]);
  });

  it('are called as the guest calls them under legacy_rename, each name once', () => {
    const agent = [inside('ens18', 'aa:bb:cc:00:00:01')];
    expect(match(agent, legacy).nics).toEqual([['ens18', 'ens18'], ['net1']]);
    expect(match(agent, { ...legacy, useGuestAgentInterfaceName: false }).nics).toEqual([['net0', 'ens18'], ['net1']]);
    const odd = [inside('net1', 'aa:bb:cc:00:00:01')];
    expect(match(odd, legacy).nics).toEqual([['net1', 'net1'], ['net1 (net1)']]);
  });

  it('of a container have the name of its configuration', () => {
    const { nics } = matchNics(
      { config: { net0: 'name=eth0,hwaddr=AA:BB:CC:00:00:01,ip=dhcp' }, type: 'lxc' },
      [inside('eth0', 'aa:bb:cc:00:00:01')],
      modern,
    );
    expect(nics.map(({ name, inside: [first] }) => [name, first?.name])).toEqual([['eth0', 'eth0']]);
  });
});
