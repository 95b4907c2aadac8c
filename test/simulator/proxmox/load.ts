import type { EstateCluster, EstateGuest, EstateNode, EstateStorage } from '../estate/index.js';
import { hashText } from '../estate/index.js';

/** Figures that move a little with time, so that graphs and "last seen" values are alive, yet repeatable. */
export function cpuLoad(key: string, nowS: number): number {
  const wave = Math.sin(nowS / 97 + (hashText(key) % 628) / 100);
  return Math.round((0.2 + 0.15 * wave) * 10_000) / 10_000;
}

export function usedMemory(key: string, maxBytes: number, nowS: number): number {
  return Math.floor(maxBytes * (0.3 + cpuLoad(key, nowS)));
}

/** What Proxmox reports as `maxcpu`: no more than the host has, whatever is configured. */
export function cpusOnHost(cluster: EstateCluster, guest: EstateGuest): number {
  const host = cluster.nodes.find((node) => node.name === guest.node);
  return Math.min(guest.cpus, host?.cpus ?? guest.cpus);
}

/** Bytes of the first sized disk: what Proxmox reports as `maxdisk`. */
export function bootDiskBytes(guest: EstateGuest): number {
  for (const key of ['rootfs', 'scsi0', 'virtio0', 'sata0', 'ide0']) {
    const size = sizeOf(guest.config[key]);
    if (size > 0) return size;
  }
  return 0;
}

const UNIT: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of the `size=` option of a disk entry, 0 without one. */
export function sizeOf(entry: string | number | undefined): number {
  const match = /(?:^|,)size=(\d+(?:\.\d+)?)([KMGT])?/.exec(String(entry ?? ''));
  return match === null ? 0 : Math.round(Number(match[1]) * (UNIT[match[2] ?? ''] ?? 1));
}

/** Whether a node may use a storage: no restriction, or named in the comma-separated list. */
export function isOnNode(storage: EstateStorage, node: string): boolean {
  return storage.nodes === '' || storage.nodes.split(',').some((name) => name.trim() === node);
}

/** Whether the node broadcasts figures of itself, its guests and storages. */
export function isReporting(cluster: EstateCluster, name: string): boolean {
  const node = cluster.nodes.find((one: EstateNode) => one.name === name);
  return node !== undefined && node.online && node.isStalled !== true;
}

export function isNodeOnline(cluster: EstateCluster, name: string): boolean {
  return cluster.nodes.find((node: EstateNode) => node.name === name)?.online ?? false;
}

/** Lists name every guest: one without a name is called after its VMID. */
export function shownName({ name, type, vmid }: EstateGuest): string {
  if (name !== '') return name;
  return type === 'qemu' ? `VM ${vmid}` : `CT${vmid}`;
}
