/** What happens to the network devices of guests, their MAC addresses and addresses, as the configuration and the guest tell of it. */
import type { EstateGuest } from '../simulator/estate/index.js';
import type { Happening, Scene } from './scene.js';
import { ofGuest } from './changes-of-guests.js';
import { changed } from './passing.js';

type Told = EstateGuest['agent']['interfaces'][number];
type Address = NonNullable<Told['ip-addresses']>[number];

/** What a guest tells of its interfaces, to the agent's callers and to the host of a container. */
function tell(guest: EstateGuest, interfaces: readonly Told[]): void {
  Object.assign(guest, {
    agent: { ...guest.agent, interfaces },
    containerInterfaces:
      guest.type === 'qemu'
        ? []
        : interfaces.map((one) => ({
            name: one.name,
            hwaddr: one['hardware-address'],
            'ip-addresses': one['ip-addresses'],
          })),
  });
}

interface Nic {
  readonly mac: string;
  readonly addresses: readonly Address[];
}

/** The first network device; undefined: it has none. */
function nicOf({ agent: { interfaces } }: EstateGuest): Nic | undefined {
  const first = interfaces.find(({ name }) => name === 'eth0');
  if (first === undefined) return undefined;
  return { mac: first['hardware-address']?.toUpperCase() ?? '', addresses: first['ip-addresses'] ?? [] };
}

function changeNic(guest: EstateGuest, { mac, addresses }: Nic): void {
  guest.config['net0'] = String(guest.config['net0']).replace(/[0-9A-F]{2}(:[0-9A-F]{2}){5}/, mac);
  tell(
    guest,
    guest.agent.interfaces.map((one) =>
      one.name === 'eth0' ? { ...one, 'hardware-address': mac.toLowerCase(), 'ip-addresses': addresses } : one,
    ),
  );
}

function anAddress(address: string): Address {
  return { 'ip-address': address, 'ip-address-type': 'ipv4', prefix: 24 };
}

const hostsOf = (nic: Nic | undefined) => nic?.addresses.map((one) => one['ip-address']) ?? [];

/** Of a guest with a network device. */
function ofNic(happen: (scene: Scene & { readonly guest: EstateGuest; readonly nic: Nic }) => void): Happening {
  return ofGuest((scene) => {
    const nic = nicOf(scene.guest);
    if (nic !== undefined) happen({ ...scene, nic });
  });
}

/** Between two guests of a cluster, each of which has a network device. */
function betweenTwo(happen: (guest: EstateGuest, nic: Nic, other: EstateGuest, its: Nic) => void): Happening {
  return ofNic(({ cluster, guest, nic, target }) => {
    const others = [...cluster.guests.values()].filter((one) => one !== guest && nicOf(one) !== undefined);
    const other = others[target % Math.max(1, others.length)];
    const its = other === undefined ? undefined : nicOf(other);
    if (other === undefined || its === undefined) return;
    changed.add(other);
    happen(guest, nic, other, its);
  });
}

/** `BC:24:11:3c:vv:tt`: of no other guest. */
function newMac({ estate, cluster, target }: Scene, { vmid }: EstateGuest, block: number): string {
  const digits = [block * 10 + estate.clusters.indexOf(cluster), vmid % 100, target];
  return ['BC:24:11', ...digits.map((one) => String(one).padStart(2, '0'))].join(':');
}

export const networkChanges = {
  'mac-replaced': ofNic((scene) => changeNic(scene.guest, { ...scene.nic, mac: newMac(scene, scene.guest, 3) })),
  'mac-swapped': betweenTwo((guest, nic, other, its) => {
    changeNic(guest, { ...nic, mac: its.mac });
    changeNic(other, { ...its, mac: nic.mac });
  }),
  'address-replaced': ofNic(({ estate, cluster, guest, nic, target }) => {
    const address = `10.${estate.clusters.indexOf(cluster)}.${guest.vmid}.${100 + target}`;
    if (nic.addresses.length > 0 && !hostsOf(nic).includes(address))
      changeNic(guest, { ...nic, addresses: [...nic.addresses.slice(0, -1), anAddress(address)] });
  }),
  'address-removed': ofNic(({ guest, nic }) => {
    if (nic.addresses.length > 1) changeNic(guest, { ...nic, addresses: nic.addresses.slice(0, -1) });
  }),
  'address-moved': betweenTwo((guest, nic, other, its) => {
    if (nic.addresses.length === 0) return;
    changeNic(guest, { ...nic, addresses: nic.addresses.slice(0, -1) });
    const others = its.addresses.filter((one) => one['ip-address'] !== nic.addresses.at(-1)?.['ip-address']);
    changeNic(other, { ...its, addresses: [...others, ...nic.addresses.slice(-1)] });
  }),
  'address-shared': betweenTwo((_guest, nic, other, its) => {
    const shared = nic.addresses.at(-1);
    if (shared !== undefined && !hostsOf(its).includes(shared['ip-address']))
      changeNic(other, { ...its, addresses: [...its.addresses, shared] });
  }),
  /** One that another guest has as well leaves the guest. */
  'address-unshared': ofNic(({ cluster, guest, nic }) => {
    const elsewhere = new Set(
      [...cluster.guests.values()].filter((one) => one !== guest).flatMap((one) => hostsOf(nicOf(one))),
    );
    const left = nic.addresses.filter((one) => !elsewhere.has(one['ip-address']));
    changeNic(guest, { ...nic, addresses: left });
  }),
  'nic-added': ofNic((scene) => {
    const { estate, cluster, guest, target } = scene;
    const n = (target % 2) + 1;
    if (guest.config[`net${n}`] !== undefined) return;
    const mac = newMac(scene, guest, 3 + n);
    const [name, at] = [`eth${n}`, `10.${estate.clusters.indexOf(cluster)}.${guest.vmid}.${150 + n}`];
    guest.config[`net${n}`] =
      guest.type === 'lxc' ? `name=${name},bridge=vmbr0,hwaddr=${mac},type=veth` : `virtio=${mac},bridge=vmbr0`;
    const told = { name, 'hardware-address': mac.toLowerCase(), 'ip-addresses': [anAddress(at)] };
    tell(guest, [...guest.agent.interfaces, told]);
  }),
  'nic-removed': ofNic(({ guest }) => {
    if (guest.config['net1'] === undefined) return;
    Reflect.deleteProperty(guest.config, 'net1');
    tell(
      guest,
      guest.agent.interfaces.filter(({ name }) => name !== 'eth1'),
    );
  }),
} satisfies Record<string, Happening>;
