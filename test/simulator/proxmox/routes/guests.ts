import { createHash } from 'node:crypto';
import type { EstateGuest, GuestKind, PveProfile, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import { bootDiskBytes, cpuLoad, cpusOnHost, shownName, usedMemory } from '../load.js';
import { agentPrivileges } from '../privileges.js';
import type { Call, Route } from '../route.js';
import { guestAt, placeOf, uptimeOf } from '../route.js';
import { guestConfigRoutes } from './guest-config.js';

const audit = { at: '/vms/{vmid}', all: ['VM.Audit'] } as const;
const agent = { at: '/vms/{vmid}', any: agentPrivileges } as const;

const perKind = (type: GuestKind): readonly Route[] => [
  {
    method: 'GET',
    path: `/nodes/{node}/${type}`,
    ...(type === 'qemu' ? { parameters: { full: { type: 'boolean' } } } : {}),
    handler: (call) => listRows(call, type),
  },
  ...guestConfigRoutes(type),
  {
    method: 'GET',
    path: `/nodes/{node}/${type}/{vmid}/status/current`,
    permission: audit,
    handler: (call) => currentStatus(call, guestAt(call, type)),
  },
  {
    method: 'GET',
    path: `/nodes/{node}/${type}/{vmid}/snapshot`,
    permission: audit,
    handler: (call) => snapshotRows(call, guestAt(call, type)),
  },
];

export const guestRoutes: readonly Route[] = [
  ...perKind('qemu'),
  ...perKind('lxc'),
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces',
    permission: agent,
    handler: agentInterfaces,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/agent/get-host-name',
    permission: agent,
    handler: (call) => ({ result: { 'host-name': askAgent(call).hostName } }),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/interfaces',
    permission: audit,
    handler: containerInterfaces,
  },
];

function listRows(call: Call, type: GuestKind): PveRow[] {
  const node = placeOf(call, 'node');
  return [...call.cluster.guests.values()]
    .filter((guest) => guest.type === type && guest.node === node)
    .filter((guest) => call.permissions.has(`/vms/${guest.vmid}`, 'VM.Audit'))
    .map((guest) => statusRow(call, guest));
}

function statusRow({ cluster, nowS }: Call, guest: EstateGuest): PveRow {
  const isUp = guest.status !== 'stopped';
  const key = `${guest.type}/${guest.vmid}`;
  const maxmem = guest.memoryMb * 1024 ** 2;
  return {
    vmid: guest.vmid,
    name: shownName(guest),
    status: isUp ? 'running' : 'stopped',
    ...(guest.type === 'lxc' ? containerFigures(guest) : machineFigures(guest, cluster.profile)),
    netin: 0,
    netout: 0,
    ...(guest.tags === '' ? {} : { tags: guest.tags }),
    ...(guest.lock === '' ? {} : { lock: guest.lock }),
    ...(guest.template ? { template: 1 } : {}),
    cpu: isUp ? cpuLoad(key, nowS) : 0,
    cpus: cpusOnHost(cluster, guest),
    mem: isUp ? usedMemory(key, maxmem, nowS) : 0,
    maxmem,
    disk: 0,
    maxdisk: bootDiskBytes(guest),
    uptime: uptimeOf(guest, nowS),
    ...(isUp ? { pid: 1000 + guest.vmid } : {}),
  };
}

function containerFigures({ config }: EstateGuest): PveRow {
  const maxswap = Number(config['swap'] ?? 512) * 1024 ** 2;
  return { type: 'lxc', swap: 0, maxswap, diskread: 0, diskwrite: 0 };
}

/** 9 tells the memory that the process has on the host. */
function machineFigures({ config }: EstateGuest, profile: PveProfile): PveRow {
  const balloon = Number(config['balloon'] ?? 0);
  return {
    ...(profile === '8.4' ? {} : { memhost: 0 }),
    ...(Object.keys(config).some((key) => /^serial\d$/.test(key)) ? { serial: 1 } : {}),
    ...(balloon === 0 ? {} : { balloon_min: balloon * 1024 ** 2, shares: 1000 }),
  };
}

function currentStatus(call: Call, guest: EstateGuest): PveRow {
  const sid = `${guest.type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`;
  const managed = call.cluster.ha.resources.find((row) => row['sid'] === sid);
  return {
    ...statusRow(call, guest),
    ...(guest.type === 'qemu' ? { qmpstatus: guest.status } : {}),
    ...(guest.type === 'qemu' && guest.agent.state !== 'off' ? { agent: 1 } : {}),
    ha: managed === undefined ? { managed: 0 } : { managed: 1, state: managed['state'], group: managed['group'] },
  };
}

function snapshotRows(call: Call, guest: EstateGuest): PveRow[] {
  if (guest.snapshots === 'unsupported') {
    throw new ApiError(501, `Method 'GET /nodes/${guest.node}/${guest.type}/${guest.vmid}/snapshot' not implemented`);
  }
  const last = guest.snapshots.at(-1);
  return [
    ...guest.snapshots.map((snapshot) => ({ ...snapshot })),
    {
      name: 'current',
      description: 'You are here!',
      digest: createHash('sha1').update(String(guest.vmid)).digest('hex'),
      running: uptimeOf(guest, call.nowS) > 0 ? 1 : 0,
      ...(last === undefined ? {} : { parent: last.name }),
    },
  ];
}

/** Texts and order of the checks as in Proxmox's `assert_agent_available`. */
function askAgent(call: Call): EstateGuest['agent'] {
  const guest = guestAt(call, 'qemu');
  if (guest.agent.state === 'off') throw new ApiError(500, 'No QEMU guest agent configured');
  if (guest.status === 'stopped') throw new ApiError(500, `VM ${guest.vmid} is not running`);
  if (guest.agent.state === 'silent') throw new ApiError(500, 'QEMU guest agent is not running');
  call.delayMs = guest.agent.delayMs;
  return guest.agent;
}

function agentInterfaces(call: Call): unknown {
  const { answer, interfaces } = askAgent(call);
  return answer === undefined ? { result: interfaces } : answer;
}

/** A container that does not run has no list, not an empty one. */
function containerInterfaces(call: Call): readonly PveRow[] | null {
  const guest = guestAt(call, 'lxc');
  if (guest.status !== 'running') return null;
  const loopback = { name: 'lo', hwaddr: '00:00:00:00:00:00', inet: '127.0.0.1/8', inet6: '::1/128' };
  return [loopback, ...guest.containerInterfaces];
}
