import type { GuestShape } from './guest-shape.js';
import { lazy } from './lazy.js';
import type { Random } from './random.js';
import type { EstateGuest, EstateStorage, EstateVolume, PveRow } from './types.js';

const GIB = 1024 ** 3;
const DAY_S = 86_400;

export interface StorageDraft {
  readonly name: string;
  readonly type: string;
  readonly content: string | null;
  readonly shared?: boolean;
  readonly disabled?: boolean;
  readonly nodes?: string;
  readonly totalGib?: number;
  readonly options?: PveRow;
  readonly volumes?: () => EstateVolume[];
}

/** Fills in what most storages have in common. */
export function makeStorage(draft: StorageDraft): EstateStorage {
  const volumes = lazy(draft.volumes ?? (() => []));
  const totalBytes = (draft.totalGib ?? 500) * GIB;
  return {
    name: draft.name,
    type: draft.type,
    content: draft.content,
    shared: draft.shared ?? false,
    disabled: draft.disabled ?? false,
    nodes: draft.nodes ?? '',
    totalBytes,
    usedBytes: Math.floor(totalBytes / 3),
    options: draft.options ?? {},
    get volumes() {
      return volumes();
    },
  };
}

export interface StorageSetting {
  /** Its name; the namespace of its backups. */
  readonly cluster: string;
  /** Guests as they were when the estate was made: backups outlive later removals. */
  readonly guests: readonly EstateGuest[];
  readonly nodes: readonly string[];
  readonly epochS: number;
  readonly shape: GuestShape;
  readonly random: Random;
}

/** The storages of a generated cluster: local and shared, block and file, one disabled, some bound to nodes. */
export function generateStorages(setting: StorageSetting): EstateStorage[] {
  return [
    makeStorage({
      name: 'local',
      type: 'dir',
      content: 'iso,vztmpl,backup',
      totalGib: 94,
      options: { path: '/var/lib/vz' },
      volumes: () => setting.nodes.flatMap((node) => localVolumes(node, setting.epochS)),
    }),
    makeStorage({
      name: 'local-lvm',
      type: 'lvmthin',
      content: 'images,rootdir',
      options: { thinpool: 'data', vgname: 'pve' },
    }),
    makeStorage({
      name: 'nfs-iso',
      type: 'nfs',
      content: 'iso,vztmpl,images',
      shared: true,
      totalGib: 2000,
      options: { server: '192.0.2.200', export: '/srv/proxmox', path: '/mnt/pve/nfs-iso', options: 'vers=4.2' },
    }),
    makeStorage({
      name: 'ceph',
      type: 'rbd',
      content: 'images,rootdir',
      shared: true,
      totalGib: 20_000,
      options: { pool: 'vms', monhost: '192.0.2.11 192.0.2.12', username: 'admin', krbd: 0 },
    }),
    makeStorage({
      name: 'pbs',
      type: 'pbs',
      content: 'backup',
      shared: true,
      totalGib: 10_000,
      options: {
        server: '192.0.2.201',
        datastore: 'main',
        username: 'backup@pbs',
        namespace: setting.cluster,
        port: '8007',
        'prune-backups': 'keep-all=1',
      },
      volumes: () => pbsBackups(setting),
    }),
    ...restrictedStorages(setting.nodes),
  ];
}

/** One disabled, one for the first node, one for the node whose name begins like the first one's (`pve1`, `pve10`). */
function restrictedStorages(nodes: readonly string[]): EstateStorage[] {
  const [first = 'pve1'] = nodes;
  return [
    makeStorage({
      name: 'old-nas',
      type: 'cifs',
      content: 'backup',
      shared: true,
      disabled: true,
      options: { share: 'old', server: '192.0.2.202' },
    }),
    makeStorage({
      name: 'fast-first',
      type: 'zfspool',
      content: 'images,rootdir',
      nodes: first,
      options: { pool: 'fast', sparse: 1, mountpoint: '/fast' },
    }),
    makeStorage({
      name: 'fast-tenth',
      type: 'dir',
      content: 'backup',
      nodes: `${first}0`,
      options: { path: '/mnt/fast' },
    }),
  ];
}

function localVolumes(node: string, epochS: number): EstateVolume[] {
  return [
    {
      volid: 'local:iso/debian-13.1.0-amd64-netinst.iso',
      content: 'iso',
      format: 'iso',
      size: 783_286_272,
      ctime: epochS - 60 * DAY_S,
      node,
      extra: {},
    },
    {
      volid: 'local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst',
      content: 'vztmpl',
      format: 'tzst',
      size: 129_846_021,
      ctime: epochS - 50 * DAY_S,
      node,
      extra: {},
    },
  ];
}

function pbsBackups(setting: StorageSetting): EstateVolume[] {
  const { epochS, random, shape } = setting;
  return setting.guests.flatMap((guest) => {
    const count = shape.backups ?? (guest.template ? 0 : 2);
    return Array.from({ length: count }, (_, n): EstateVolume => {
      const ctime = epochS - (n + 1) * DAY_S - (guest.vmid % 3600);
      const kind = guest.type === 'qemu' ? 'vm' : 'ct';
      return {
        volid: `pbs:backup/${kind}/${guest.vmid}/${isoSeconds(ctime)}`,
        content: 'backup',
        format: `pbs-${kind}`,
        size: random.int(1, 64) * GIB,
        ctime,
        node: '',
        vmid: guest.vmid,
        extra: {
          subtype: guest.type,
          notes: guest.name,
          ...(n === 0
            ? {}
            : {
                verification: {
                  state: 'ok',
                  upid: `UPID:pbs:0000${1000 + n}:0001E240:00000000:${ctime.toString(16).toUpperCase()}:verify:main:root@pam:`,
                },
              }),
        },
      };
    });
  });
}

/** `2026-05-12T18:42:11Z`, as Proxmox Backup Server names its snapshots. */
export function isoSeconds(epochS: number): string {
  return `${new Date(epochS * 1000).toISOString().slice(0, 19)}Z`;
}
