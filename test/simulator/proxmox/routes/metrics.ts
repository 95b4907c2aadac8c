/** `cluster/metrics/export`: what the status daemons have measured every ten seconds, and remember for half an hour. */
import type { EstateGuest, EstateNode, PveRow } from '../../estate/index.js';
import { bootDiskBytes, cpuLoad, cpusOnHost, isOnNode, usedMemory } from '../load.js';
import type { Call, Route } from '../route.js';
import { uptimeOf } from '../route.js';

const intervalS = 10;
const oldGenerations = 180;

export const metricRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/metrics/export',
    permission: { at: '/', all: ['Sys.Audit'] },
    parameters: {
      'local-only': { type: 'boolean' },
      'node-list': { type: 'string' },
      'start-time': { type: 'integer' },
      history: { type: 'boolean' },
    },
    handler: exported,
  },
];

function exported(call: Call): PveRow {
  const { cluster, localNode, nowS, parameters } = call;
  const start = parameters['start-time'] === undefined ? undefined : Number(parameters['start-time']);
  const wanted = start === undefined ? oldGenerations : Math.floor((nowS - start) / intervalS);
  const count = parameters['history'] === true ? Math.min(Math.max(wanted, 0), oldGenerations) : 0;
  const nodes = cluster.nodes.filter(({ name, online, isStalled }) => {
    const isAsked = parameters['local-only'] !== true || name === localNode;
    return online && isStalled !== true && isAsked;
  });
  const latest = Math.floor(nowS / intervalS) * intervalS;
  const times = Array.from({ length: count + 1 }, (_, age) => latest - age * intervalS).reverse();
  const rows = times.flatMap((time) => nodes.flatMap((node) => ofNode(call, node, time)));
  return { data: rows.filter((row) => start === undefined || Number(row['timestamp']) > start) };
}

function ofNode(call: Call, node: EstateNode, time: number): PveRow[] {
  const { cluster } = call;
  const id = `node/${node.name}`;
  const own = rowsOf(id, time, {
    uptime: time - node.startedAtS,
    cpu_current: cpuLoad(id, time),
    cpu_max: node.cpus,
    mem_total: node.memoryBytes,
    mem_used: usedMemory(id, node.memoryBytes, time),
    disk_total: node.diskBytes,
  });
  const guests = [...cluster.guests.values()].filter((guest) => guest.node === node.name);
  const storages = cluster.storages.filter((storage) => !storage.disabled && isOnNode(storage, node.name));
  return [
    ...own,
    ...guests.flatMap((guest) => ofGuest(call, guest, time)),
    ...storages.flatMap(({ name, totalBytes, usedBytes }) =>
      rowsOf(`storage/${node.name}/${name}`, time, { disk_total: totalBytes, disk_used: usedBytes }),
    ),
  ];
}

function ofGuest({ cluster }: Call, guest: EstateGuest, time: number): PveRow[] {
  const id = `${guest.type}/${guest.vmid}`;
  const memory = guest.memoryMb * 1024 ** 2;
  const isUp = guest.status !== 'stopped';
  return rowsOf(id, time, {
    ...(isUp ? { cpu_current: cpuLoad(id, time), mem_used: usedMemory(id, memory, time), net_in: 0, net_out: 0 } : {}),
    uptime: uptimeOf(guest, time),
    cpu_max: cpusOnHost(cluster, guest),
    mem_total: memory,
    disk_total: bootDiskBytes(guest),
  });
}

function rowsOf(id: string, timestamp: number, values: Readonly<Record<string, number>>): PveRow[] {
  return Object.entries(values).map(([metric, value]) => ({
    id,
    metric,
    timestamp,
    value,
    type: metric.startsWith('net_') ? 'derive' : 'gauge',
  }));
}
