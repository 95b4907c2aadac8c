import { lazy } from './lazy.js';
import { formatUpid } from './upid.js';
import type { EstateGuest, EstateNode, EstateTask, PveRow } from './types.js';

const GIB = 1024 ** 3;

export interface NodeDraft {
  readonly name: string;
  readonly nodeid: number;
  readonly address: string;
  readonly epochS: number;
  readonly online?: boolean;
  readonly network?: PveRow[];
  readonly tasks?: () => EstateTask[];
}

/** A node with 32 threads and 128 GiB; what differs comes from the draft. */
export function makeNode(draft: NodeDraft): EstateNode {
  const tasks = lazy(draft.tasks ?? (() => []));
  return {
    name: draft.name,
    address: draft.address,
    nodeid: draft.nodeid,
    online: draft.online ?? true,
    cpus: 32,
    memoryBytes: 128 * GIB,
    diskBytes: 94 * GIB,
    startedAtS: draft.epochS - 30 * 86_400 - draft.nodeid * 3600,
    network: draft.network ?? nodeNetwork(draft.address),
    get tasks() {
      return tasks();
    },
  };
}

/** Two ports in a bond, a bridge on it with the node's address, one VLAN. */
function nodeNetwork(address: string): PveRow[] {
  const gateway = `${address.slice(0, address.lastIndexOf('.'))}.254`;
  return [
    physicalPort('eno1', 3),
    physicalPort('eno2', 4),
    {
      iface: 'bond0',
      type: 'bond',
      active: 1,
      autostart: 1,
      bond_mode: 'active-backup',
      'bond-primary': 'eno1',
      slaves: 'eno1 eno2',
      method: 'manual',
      method6: 'manual',
      families: ['inet'],
      priority: 5,
    },
    {
      iface: 'vmbr0',
      type: 'bridge',
      active: 1,
      autostart: 1,
      address,
      netmask: '24',
      cidr: `${address}/24`,
      gateway,
      bridge_ports: 'bond0',
      bridge_stp: 'off',
      bridge_fd: '0',
      bridge_vlan_aware: 1,
      bridge_vids: '2-4094',
      method: 'static',
      method6: 'manual',
      families: ['inet'],
      priority: 6,
      comments: 'guests and management\n',
    },
    {
      iface: 'vmbr0.50',
      type: 'vlan',
      active: 1,
      autostart: 1,
      'vlan-id': '50',
      'vlan-raw-device': 'vmbr0',
      method: 'manual',
      method6: 'manual',
      families: ['inet'],
      priority: 7,
      mtu: '9000',
    },
  ];
}

function physicalPort(iface: string, priority: number): PveRow {
  const methods = { method: 'manual', method6: 'manual' };
  return { iface, type: 'eth', active: 1, exists: 1, ...methods, families: ['inet'], priority };
}

const TASK_TYPES: Readonly<Record<'qemu' | 'lxc', readonly string[]>> = {
  qemu: ['qmstart', 'vzdump', 'qmsnapshot', 'qmshutdown'],
  lxc: ['vzstart', 'vzdump', 'vzsnapshot', 'vzshutdown'],
};

export interface TaskArchiveDraft {
  readonly node: string;
  readonly guests: readonly EstateGuest[];
  readonly perGuest: number;
  readonly epochS: number;
  /** Which cluster of the estate: two nodes of one name have never started the same process at the same moment. */
  readonly cluster?: number;
}

/** Archived tasks of a node's guests, newest first, one every 137 seconds backwards from the estate's moment. */
export function generateTasks({ node, guests, perGuest, epochS, cluster = 0 }: TaskArchiveDraft): EstateTask[] {
  const tasks: EstateTask[] = [];
  for (let round = 0; round < perGuest; round += 1) {
    for (const guest of guests) {
      const n = tasks.length;
      const types = TASK_TYPES[guest.type];
      const starttime = epochS - 600 - n * 137;
      const parts = {
        node,
        pid: 4_000_000 - n,
        pstart: 100_000_000 + cluster - n * 13_700,
        starttime,
        type: types[(n + round) % types.length] ?? 'vzdump',
        id: String(guest.vmid),
        user: n % 9 === 0 ? 'backup@pve!nightly' : 'root@pam',
      };
      const status = n % 23 === 22 ? 'command failed: exit code 1' : 'OK';
      tasks.push({ upid: formatUpid(parts), ...parts, endtime: starttime + 5 + (n % 120), status });
    }
  }
  return tasks;
}
