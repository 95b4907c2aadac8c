import type { GuestSeat } from './guest-seat.js';
import type { GuestShape } from './guest-shape.js';
import type { NetworkDevice } from './generate-network.js';
import { agentOf, containerInterfaces, networkDevices } from './generate-network.js';
import { ipv4Gateway } from './numbering.js';
import type { Random } from './random.js';
import { createRandom } from './random.js';
import type { EstateGuest, EstateSnapshot, GuestKind, GuestStatus } from './types.js';

const DAY_S = 86_400;

/** One seeded guest. The generator is the guest's own, so the result depends on the seed and its seat alone. */
export function generateGuest(seat: GuestSeat, random: Random): EstateGuest {
  const type: GuestKind = random.chance(seat.shape.lxcShare ?? 0.25) ? 'lxc' : 'qemu';
  const life = lifeOf(seat.shape, random);
  const devices = networkDevices(seat, random);
  const disks = diskKeys(type, seat, random);
  return {
    vmid: seat.vmid,
    type,
    name: seat.name,
    node: seat.node,
    status: life.status,
    template: life.template,
    cpus: random.pick([1, 1, 2, 2, 4, 8]),
    memoryMb: random.pick([512, 1024, 2048, 4096, 8192, 16_384]),
    tags: random.chance(0.7) ? `${random.pick(['prod', 'test', 'dev'])};${seat.role}` : '',
    description: random.chance(0.4) ? `${seat.role} server\nowner: team-${seat.role}\n` : '',
    pool: random.chance(0.2) ? 'shared' : '',
    lock: '',
    startedAtS: seat.epochS - random.int(3600, 90 * DAY_S),
    config: { ...disks, ...(type === 'qemu' ? qemuKeys(seat, devices, life.agentOn) : containerKeys(seat, devices)) },
    agent: agentOf(seat.name, type === 'qemu' && life.agentOn, devices),
    containerInterfaces: type === 'lxc' ? containerInterfaces(devices) : [],
    snapshots: snapshots(seat, random),
  };
}

interface Life {
  readonly status: GuestStatus;
  readonly template: boolean;
  readonly agentOn: boolean;
}

/** A guest that must report its addresses runs and has an agent. */
function lifeOf(shape: GuestShape, random: Random): Life {
  if (shape.addresses !== undefined) return { status: 'running', template: false, agentOn: true };
  const template = random.chance(0.03);
  const runs = !template && random.chance(0.85);
  return { status: runs ? 'running' : 'stopped', template, agentOn: random.chance(0.8) };
}

function qemuKeys(
  seat: GuestSeat,
  devices: readonly NetworkDevice[],
  agentOn: boolean,
): Record<string, string | number> {
  const keys: Record<string, string | number> = {
    boot: 'order=scsi0;net0',
    ide2: 'none,media=cdrom',
    numa: 0,
    onboot: seat.index % 3 === 0 ? 0 : 1,
    ostype: seat.index % 7 === 0 ? 'win11' : 'l26',
    scsihw: 'virtio-scsi-single',
    smbios1: `uuid=00000000-0000-4000-8000-${seat.index.toString(16).padStart(12, '0')}`,
    sockets: 1,
  };
  if (agentOn) keys['agent'] = seat.index % 2 === 0 ? '1' : 'enabled=1,fstrim_cloned_disks=1';
  if (seat.index % 5 === 0) {
    const address = devices[0]?.addresses[0];
    keys['ciuser'] = 'admin';
    keys['sshkeys'] = encodeURIComponent(`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${seat.index} admin@example.org\n`);
    keys['ipconfig0'] =
      address === undefined ? 'ip=dhcp' : `ip=${address.address}/${address.prefix},gw=${ipv4Gateway(address.address)}`;
  }
  for (const device of devices) {
    const model = seat.index % 11 === 0 ? 'e1000' : 'virtio';
    keys[`net${device.index}`] = `${model}=${device.mac},bridge=vmbr0,firewall=1${tagOption(device)}`;
  }
  return keys;
}

function containerKeys(seat: GuestSeat, devices: readonly NetworkDevice[]): Record<string, string | number> {
  const keys: Record<string, string | number> = {
    arch: 'amd64',
    onboot: 1,
    ostype: seat.index % 2 === 0 ? 'debian' : 'ubuntu',
    swap: 512,
    unprivileged: seat.index % 4 === 0 ? 0 : 1,
  };
  for (const device of devices) {
    const v4 = device.addresses.find((address) => !address.v6);
    const v6 = device.addresses.find((address) => address.v6);
    const ip = v4 === undefined ? 'dhcp' : `${v4.address}/${v4.prefix},gw=${ipv4Gateway(v4.address)}`;
    const ip6 = v6 === undefined ? '' : `,ip6=${v6.address}/${v6.prefix}`;
    const head = `name=eth${device.index},bridge=vmbr0,firewall=1,hwaddr=${device.mac}`;
    keys[`net${device.index}`] = `${head},ip=${ip}${ip6}${tagOption(device)},type=veth`;
  }
  return keys;
}

function tagOption(device: NetworkDevice): string {
  return device.tag === 0 ? '' : `,tag=${device.tag}`;
}

/** Slot names in the order in which a long list of disks fills them. */
const DISK_SLOTS = [
  ...Array.from({ length: 31 }, (_, n) => `scsi${n}`),
  ...Array.from({ length: 16 }, (_, n) => `virtio${n}`),
  ...Array.from({ length: 6 }, (_, n) => `sata${n}`),
];

function diskKeys(type: GuestKind, seat: GuestSeat, random: Random): Record<string, string> {
  const count = seat.shape.disks ?? random.pick([1, 1, 1, 2, 3]);
  const keys: Record<string, string> = {};
  for (let n = 0; n < count; n += 1) {
    const storage = random.pick(seat.diskStorages);
    const size = random.pick([8, 16, 32, 64, 100]);
    if (type === 'qemu') {
      keys[DISK_SLOTS[n] ?? `sata${n}`] = `${storage}:vm-${seat.vmid}-disk-${n},iothread=1,size=${size}G`;
    } else if (n === 0) {
      keys['rootfs'] = `${storage}:vm-${seat.vmid}-disk-0,size=${size}G`;
    } else {
      keys[`mp${n - 1}`] = `${storage}:vm-${seat.vmid}-disk-${n},mp=/srv/data${n},size=${size}G`;
    }
  }
  return keys;
}

function snapshots(seat: GuestSeat, random: Random): EstateSnapshot[] {
  const count = seat.shape.snapshots ?? random.pick([0, 0, 0, 1, 2]);
  const names = Array.from({ length: count }, (_, n) => `before-upgrade-${n + 1}`);
  return names.map((name, n) => {
    const parent = names[n - 1];
    return {
      name,
      description: `state before upgrade ${n + 1}`,
      snaptime: seat.epochS - (count - n) * DAY_S - random.int(0, 3600),
      ...(parent === undefined ? {} : { parent }),
    };
  });
}

/** A generator of its own for one seat: guests do not shift when an option of another guest changes. */
export function seatRandom(seed: number, index: number): Random {
  return createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
}
