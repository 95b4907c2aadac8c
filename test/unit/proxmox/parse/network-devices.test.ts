import { describe, expect, it } from 'vitest';
import { parseNetworkDevices } from '../../../../src/proxmox/parse/network-devices.js';

const models = ['virtio', 'e1000', 'e1000e', 'e1000-82540em', 'e1000-82544gc', 'e1000-82545em', 'vmxnet3', 'rtl8139'];
const oldModels = ['ne2k_pci', 'ne2k_isa', 'pcnet', 'i82551', 'i82557b', 'i82559er'];

const qemu = (net0: string) => parseNetworkDevices({ net0 }, 'qemu')[0];
const lxc = (net0: string) => parseNetworkDevices({ net0 }, 'lxc')[0];

describe('network devices of QEMU guests', () => {
  it('reads a virtio device with VLAN', () => {
    expect(qemu('virtio=BC:24:11:20:99:1E,bridge=vmbr0,tag=120,firewall=1')).toEqual({
      key: 'net0',
      name: 'net0',
      mac: 'bc:24:11:20:99:1e',
      duplicateMacOf: null,
      bridge: 'vmbr0',
      tag: 120,
      linkDown: null,
      ip: null,
      ip6: null,
    });
  });

  it('reads the link state of an e1000 with trunks, MTU, rate and queues', () => {
    expect(
      qemu('e1000=AA:BB:CC:00:11:22,bridge=vmbr1,trunks=10;20-30,mtu=1,rate=12.5,queues=4,link_down=1'),
    ).toMatchObject({ mac: 'aa:bb:cc:00:11:22', bridge: 'vmbr1', linkDown: true, tag: null });
  });

  it.each([...models, ...oldModels])('finds the MAC address of a %s', (model) => {
    expect(qemu(`${model}=BC:24:11:00:00:01,bridge=vmbr0`)).toMatchObject({ mac: 'bc:24:11:00:00:01' });
  });

  it.each([
    ['model=virtio,macaddr=BC:24:11:00:00:01,bridge=vmbr0', 'bc:24:11:00:00:01'],
    ['vmxnet3,bridge=vmbr0', null],
    ['bridge=vmbr0,virtio=BC:24:11:00:00:01', 'bc:24:11:00:00:01'],
    ['VirtIO=bc-24-11-00-00-01', 'bc:24:11:00:00:01'],
    ['virtio=garbage,bridge=vmbr0', null],
    ['bridge=vmbr0', null],
  ])('reads of %j the MAC address %j', (text, mac) => expect(qemu(text)).toMatchObject({ mac }));

  it('sorts by number, allows gaps and ignores what is no device', () => {
    const config = { net10: 'virtio', net2: 'virtio', netx: 'virtio', net: 'virtio', net3: 7, nets1: 'virtio' };
    expect(parseNetworkDevices(config, 'qemu').map((device) => device.key)).toEqual(['net2', 'net10']);
  });

  it('names the device with the lowest number that has the same MAC address', () => {
    const mac = 'BC:24:11:00:00:01';
    const config = { net2: `virtio=${mac}`, net0: `e1000=${mac.toLowerCase()}`, net1: 'virtio', net3: 'virtio' };
    const duplicates = parseNetworkDevices(config, 'qemu').map((device) => device.duplicateMacOf);
    expect(duplicates).toEqual([null, null, 'net0', null]);
  });
});

describe('network devices of containers', () => {
  it('reads addresses, VLAN and name', () => {
    const text =
      'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:CC,ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto,tag=20,firewall=1,type=veth';
    expect(lxc(text)).toMatchObject({
      key: 'net0',
      name: 'eth0',
      bridge: 'vmbr0',
      mac: 'bc:24:11:aa:bb:cc',
      ip: '10.0.0.5/24',
      ip6: null,
      tag: 20,
    });
  });

  it.each([
    ['ip=dhcp', null],
    ['ip=manual', null],
    ['ip=10.0.0.5', null],
    ['ip=10.0.0.5/33', null],
    ['ip=10.0.0.300/24', null],
    ['ip=2001:db8::1/64', null],
    ['ip= 10.0.0.5/08 ', '10.0.0.5/8'],
    ['hwaddr=x', null],
  ])('accepts of %j only a valid IPv4 address', (text, ip) => expect(lxc(text)).toMatchObject({ ip }));

  it.each([
    ['ip6=2001:db8::5/64,gw6=fe80::1', '2001:db8::5/64'],
    ['ip6=dhcp', null],
    ['ip6=10.0.0.5/24', null],
    ['ip6=2001:db8::5/129', null],
  ])('accepts of %j only a valid IPv6 address', (text, ip6) => expect(lxc(text)).toMatchObject({ ip6 }));

  it.each([
    ['name=et\u0007h0', 'eth0'],
    [`name=${'é'.repeat(80)}`, 'é'.repeat(64)],
    ['name=\u0001', 'net0'],
    ['bridge=vmbr0', 'net0'],
  ])('names the interface of %j %j', (text, name) => expect(lxc(text)).toMatchObject({ name }));
});
