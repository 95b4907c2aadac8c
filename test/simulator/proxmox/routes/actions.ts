import type { EstateGuest, GuestKind, PveRow } from '../../estate/index.js';
import type { EstateSnapshot } from '../../estate/types.js';
import { ApiError } from '../api-error.js';
import { isNodeOnline, isOnNode, sizeOf } from '../load.js';
import { idRule } from '../parameters.js';
import type { Call, Route } from '../route.js';
import { guestAt, placeOf } from '../route.js';
import { destroy } from './destroy.js';
import { backUp } from './vzdump.js';

/** Writes. Each answers a UPID; the cluster changes when the task ends. */
export const actionRoutes: readonly Route[] = [
  ...guestActions('qemu'),
  ...guestActions('lxc'),
  {
    method: 'POST',
    path: '/nodes/{node}/vzdump',
    parameters: {
      vmid: { type: 'string', required: true },
      storage: { type: 'string' },
      mode: { type: 'string', values: ['snapshot', 'suspend', 'stop'] },
      compress: { type: 'string', values: ['0', '1', 'gzip', 'lzo', 'zstd'] },
      'notes-template': { type: 'string' },
    },
    handler: backUp,
  },
];

function guestActions(type: GuestKind): readonly Route[] {
  const base = `/nodes/{node}/${type}/{vmid}`;
  const power = { at: '/vms/{vmid}', all: ['VM.PowerMgmt'] } as const;
  const migrate = { at: '/vms/{vmid}', all: ['VM.Migrate'] } as const;
  const prefix = type === 'qemu' ? 'qm' : 'vz';
  return [
    { method: 'POST', path: `${base}/status/start`, permission: power, handler: (call) => start(call, type) },
    ...(['stop', 'shutdown'] as const).map((verb) => ({
      method: 'POST' as const,
      path: `${base}/status/${verb}`,
      permission: power,
      handler: (call: Call) => stop(call, type, `${prefix}${verb}`),
    })),
    { method: 'POST', path: `${base}/status/reboot`, permission: power, handler: (call) => reboot(call, type) },
    ...(type === 'qemu' ? pauses(base, power) : []),
    ...snapshotActions(base, type),
    {
      method: 'DELETE',
      path: base,
      permission: { at: '/vms/{vmid}', all: ['VM.Allocate'] },
      parameters: {
        purge: { type: 'boolean' },
        'destroy-unreferenced-disks': { type: 'boolean' },
        ...(type === 'lxc' ? { force: { type: 'boolean' as const } } : {}),
      },
      handler: (call) => destroy(call, type),
    },
    {
      method: 'GET',
      path: `${base}/migrate`,
      permission: migrate,
      parameters: { target: { type: 'string' } },
      // The preflight for containers came after 8.
      ...(type === 'lxc' ? { profiles: ['9.1', '9.2'] as const } : {}),
      handler: (call) => preflight(call, type),
    },
    {
      method: 'POST',
      path: `${base}/migrate`,
      permission: migrate,
      parameters: {
        target: { type: 'string', required: true },
        online: { type: 'boolean' },
        ...(type === 'lxc' ? { restart: { type: 'boolean' as const }, timeout: { type: 'integer' as const } } : {}),
        ...(type === 'qemu' ? { 'with-local-disks': { type: 'boolean' as const } } : {}),
      },
      handler: (call) => migrateTo(call, type),
    },
  ];
}

function snapshotActions(base: string, type: GuestKind): readonly Route[] {
  const snapshot = { at: '/vms/{vmid}', all: ['VM.Snapshot'] } as const;
  return [
    {
      method: 'POST',
      path: `${base}/snapshot/{snapname}/rollback`,
      parameters: { start: { type: 'boolean' } },
      handler: (call) => rollBack(call, type),
    },
    {
      method: 'POST',
      path: `${base}/snapshot`,
      permission: snapshot,
      parameters: {
        snapname: { ...idRule, required: true },
        description: { type: 'string' },
        ...(type === 'qemu' ? { vmstate: { type: 'boolean' as const } } : {}),
      },
      handler: (call) => takeSnapshot(call, type),
    },
    {
      method: 'DELETE',
      path: `${base}/snapshot/{snapname}`,
      permission: snapshot,
      parameters: { force: { type: 'boolean' } },
      handler: (call) => deleteSnapshot(call, type),
    },
  ];
}

function pauses(base: string, permission: NonNullable<Route['permission']>): readonly Route[] {
  const pause = (verb: string, from: EstateGuest['status'], to: EstateGuest['status']): Route => ({
    method: 'POST',
    path: `${base}/status/${verb}`,
    permission,
    handler: (call) => {
      const guest = unlocked(call, 'qemu');
      if (guest.status === 'stopped') throw new ApiError(500, `VM ${guest.vmid} not running`);
      return launch(call, guest, `qm${verb}`, () => {
        if (guest.status === from) guest.status = to;
      });
    },
  });
  return [pause('suspend', 'running', 'paused'), pause('resume', 'paused', 'running')];
}

function label(guest: EstateGuest): string {
  return guest.type === 'qemu' ? 'VM' : 'CT';
}

/** The guest, or the error that Proxmox gives while it is locked. */
function unlocked(call: Call, type: GuestKind): EstateGuest {
  const guest = guestAt(call, type);
  if (guest.lock !== '') throw new ApiError(500, `${label(guest)} is locked (${guest.lock})`);
  return guest;
}

function launch(call: Call, guest: EstateGuest, type: string, effect: () => void): string {
  return call.tasks.start({ node: guest.node, type, id: String(guest.vmid), user: call.principal.id, effect });
}

/** Whether there is such a guest is looked up by the task only. */
function start(call: Call, type: GuestKind): string {
  const vmid = placeOf(call, 'vmid');
  if (!call.cluster.guests.has(Number(vmid))) {
    const draft = { node: placeOf(call, 'node'), type: type === 'qemu' ? 'qmstart' : 'vzstart', id: vmid };
    return call.tasks.start({ ...draft, user: call.principal.id, effect: () => void guestAt(call, type) });
  }
  const guest = unlocked(call, type);
  if (guest.template) throw new ApiError(500, `you can't start a ${type === 'qemu' ? 'vm' : 'CT'} if it's a template`);
  if (guest.status !== 'stopped') throw new ApiError(500, `${label(guest)} ${guest.vmid} already running`);
  return launch(call, guest, type === 'qemu' ? 'qmstart' : 'vzstart', () => {
    guest.status = 'running';
    guest.startedAtS = Math.floor(call.nowS);
  });
}

function stop(call: Call, type: GuestKind, task: string): string {
  const guest = unlocked(call, type);
  if (guest.status === 'stopped') throw new ApiError(500, `${label(guest)} ${guest.vmid} not running`);
  return launch(call, guest, task, () => {
    guest.status = 'stopped';
  });
}

function reboot(call: Call, type: GuestKind): string {
  const guest = unlocked(call, type);
  if (guest.status === 'stopped') throw new ApiError(500, `${label(guest)} ${guest.vmid} not running`);
  return launch(call, guest, type === 'qemu' ? 'qmreboot' : 'vzreboot', () => {
    guest.startedAtS = Math.floor(call.nowS);
  });
}

function takeSnapshot(call: Call, type: GuestKind): string {
  const guest = unlocked(call, type);
  const { snapshots } = guest;
  if (snapshots === 'unsupported') throw new ApiError(500, 'snapshot feature is not available');
  const name = String(call.parameters['snapname']);
  if (snapshots.some((snapshot) => snapshot.name === name)) {
    throw new ApiError(500, `snapshot name '${name}' already used`);
  }
  const parent = snapshots.at(-1)?.name;
  const snaptime = Math.floor(call.nowS);
  return launch(call, guest, type === 'qemu' ? 'qmsnapshot' : 'vzsnapshot', () => {
    snapshots.push({
      name,
      description: String(call.parameters['description'] ?? ''),
      snaptime,
      ...(parent === undefined ? {} : { parent }),
      ...(call.parameters['vmstate'] === true ? { vmstate: 1 as const } : {}),
    });
  });
}

function snapshotAt(call: Call, guest: EstateGuest): EstateSnapshot {
  const name = placeOf(call, 'snapname');
  const snapshots = guest.snapshots === 'unsupported' ? [] : guest.snapshots;
  const found = snapshots.find((snapshot) => snapshot.name === name);
  if (found === undefined) throw new ApiError(500, `snapshot '${name}' does not exist`);
  return found;
}

/** A guest runs afterwards if its memory is in the snapshot, or if it is told to start. */
function rollBack(call: Call, type: GuestKind): string {
  call.permissions.requireAny(`/vms/${placeOf(call, 'vmid')}`, ['VM.Snapshot', 'VM.Snapshot.Rollback']);
  const guest = unlocked(call, type);
  const { vmstate } = snapshotAt(call, guest);
  return launch(call, guest, type === 'qemu' ? 'qmrollback' : 'vzrollback', () => {
    guest.status = vmstate === 1 || call.parameters['start'] === true ? 'running' : 'stopped';
  });
}

/** The children of a deleted snapshot become those of its parent. */
function deleteSnapshot(call: Call, type: GuestKind): string {
  const guest = unlocked(call, type);
  const gone = snapshotAt(call, guest);
  const snapshots = guest.snapshots === 'unsupported' ? [] : guest.snapshots;
  return launch(call, guest, type === 'qemu' ? 'qmdelsnapshot' : 'vzdelsnapshot', () => {
    snapshots.splice(snapshots.indexOf(gone), 1);
    for (const child of snapshots.filter((snapshot) => snapshot.parent === gone.name)) {
      if (gone.parent === undefined) delete child.parent;
      else child.parent = gone.parent;
    }
  });
}

/** The other nodes, online or not, each with the storages of the guest's disks that it does not have. */
function otherNodes({ cluster }: Call, guest: EstateGuest): readonly (readonly [node: string, lacking: string[]])[] {
  const used = new Set(disksOf(guest).map(({ volid }) => volid.slice(0, volid.indexOf(':'))));
  const storages = cluster.storages.filter(({ name }) => used.has(name));
  return cluster.nodes
    .filter(({ name }) => name !== guest.node)
    .map(({ name }) => [name, storages.filter((storage) => !isOnNode(storage, name)).map((one) => one.name)] as const);
}

/** QEMU spells with underscores and, on 8, leaves the lists out for a running guest; containers spell with dashes. */
function preflight(call: Call, type: GuestKind): PveRow {
  const guest = guestAt(call, type);
  const others = otherNodes(call, guest);
  const running = guest.status === 'stopped' ? 0 : 1;
  if (type === 'lxc') return { running, 'allowed-nodes': others.map(([node]) => node), 'not-allowed-nodes': {} };
  const isOld = call.cluster.profile === '8.4';
  const lists = {
    allowed_nodes: others.filter(([, lacking]) => lacking.length === 0).map(([node]) => node),
    not_allowed_nodes: Object.fromEntries(
      others
        .filter(([, lacking]) => lacking.length > 0)
        .map(([node, lacking]) => [node, { unavailable_storages: lacking }]),
    ),
  };
  return {
    running,
    ...(running === 1 && isOld ? {} : lists),
    local_disks: localDisks(call, guest),
    local_resources: Object.keys(guest.config).filter((key) => /^(hostpci|usb)\d+$/.test(key)),
    'mapped-resource-info': {},
    'mapped-resources': [],
    ...(isOld ? {} : { 'dependent-ha-resources': [], 'has-dbus-vmstate': 0 }),
  };
}

/** The volumes that stand in the configuration. */
function disksOf(
  guest: EstateGuest,
): readonly { readonly key: string; readonly volid: string; readonly value: string }[] {
  return Object.entries(guest.config).flatMap(([key, entry]) => {
    const value = String(entry);
    const volid = value.split(',', 1)[0] ?? '';
    const isDisk = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/.test(key) && volid.includes(':');
    return isDisk ? [{ key, volid, value }] : [];
  });
}

function localDisks(call: Call, guest: EstateGuest): PveRow[] {
  const shared = new Set(call.cluster.storages.filter((storage) => storage.shared).map((storage) => storage.name));
  return disksOf(guest)
    .filter(({ volid }) => !shared.has(volid.slice(0, volid.indexOf(':'))))
    .map(({ key, volid, value }) => ({
      volid,
      drivename: key,
      cdrom: value.includes('media=cdrom') ? 1 : 0,
      size: sizeOf(value),
      shared: 0,
      replicate: value.includes('replicate=0') ? 0 : 1,
      is_attached: 1,
      is_tpmstate: key.startsWith('tpmstate') ? 1 : 0,
      is_unused: 0,
      is_vmstate: 0,
      ...(call.cluster.profile === '8.4' ? {} : { is_cloudinit: volid.includes('cloudinit') ? 1 : 0 }),
    }));
}

function migrateTo(call: Call, type: GuestKind): string {
  const guest = unlocked(call, type);
  const target = String(call.parameters['target']);
  if (target === guest.node) {
    throw new ApiError(400, 'Parameter verification failed.', { target: 'target is local node.' });
  }
  if (!call.cluster.nodes.some((node) => node.name === target)) {
    throw new ApiError(500, `no such cluster node '${target}'`);
  }
  if (!isNodeOnline(call.cluster, target)) throw new ApiError(500, `target node '${target}' is offline`);
  const live = call.parameters['online'] === true || call.parameters['restart'] === true;
  if (guest.status !== 'stopped' && !live) {
    throw new ApiError(
      500,
      `can't migrate running ${label(guest)} without --${type === 'qemu' ? 'online' : 'restart'}`,
    );
  }
  return launch(call, guest, type === 'qemu' ? 'qmigrate' : 'vzmigrate', () => {
    guest.node = target;
  });
}
