/** Compares what hangs on machines and nodes in NetBox with the estate, object by object. */
import { expect } from 'vitest';
import { path, type Answer } from '../contract/netbox/target.js';
import * as expected from '../contract/sync/expected-inventory.js';
import { allOf } from './plugin-estate.js';
import type { PluginWorld } from './plugin-world.js';

type Body = Answer['body'];
type Owner = { readonly cluster: string; readonly machine: string };
type Seat = { readonly cluster: string; readonly device: string };

const sorted = (objects: readonly object[]): string[] => objects.map((object) => JSON.stringify(object)).sort();

function expectSame(what: string, actual: readonly object[], wanted: readonly object[]): void {
  expect(wanted, `${what} of the estate`).not.toEqual([]);
  expect.soft(sorted(actual), what).toEqual(sorted(wanted));
}

/** Objects of a collection as rows of its kind; each belongs to a machine, whose name repeats in other clusters. */
interface Reader {
  readonly machines: readonly Body[];
  readonly devices: readonly Body[];
  readonly ownerOf: (row: Body) => Owner;
  readonly seatOf: (row: Body) => Seat;
}

async function readerOf({ netbox }: PluginWorld): Promise<Reader> {
  const machines = await allOf(netbox, path.vms);
  const devices = await allOf(netbox, path.devices);
  const byId = new Map(machines.map((machine) => [machine.id, machine]));
  const devicesById = new Map(devices.map((device) => [device.id, device]));
  return {
    machines,
    devices,
    ownerOf: ({ virtual_machine }) => {
      const machine = byId.get(virtual_machine.id);
      return { cluster: machine.cluster.name, machine: machine.name };
    },
    seatOf: ({ device }) => {
      const found = devicesById.get(device.id);
      return { cluster: found.cluster.name, device: found.name };
    },
  };
}

async function expectDisks({ estate, netbox }: PluginWorld, { ownerOf }: Reader): Promise<void> {
  const states = await allOf(netbox, path.diskState);
  const storageOf = new Map(states.map((state) => [state.virtual_disk.id, state.proxbox_storage?.name ?? null]));
  expectSame(
    'disks',
    (await allOf(netbox, path.disks)).map((disk) => ({
      ...ownerOf(disk),
      name: disk.name,
      size: disk.size,
      storage: storageOf.get(disk.id) ?? null,
    })),
    expected.expectedDisks(estate),
  );
}

async function expectInterfaces({ estate, netbox }: PluginWorld, { ownerOf, seatOf }: Reader): Promise<void> {
  const states = await allOf(netbox, path.vmInterfaceState);
  const nodeInterfaces = await allOf(netbox, path.deviceInterfaces);
  const nameOf = new Map(nodeInterfaces.map((one) => [one.id, `${seatOf(one).device}/${one.name}`]));
  const bridgeOf = new Map(states.map((state) => [state.vm_interface.id, nameOf.get(state.proxbox_bridge?.id)]));
  expectSame(
    'interfaces of machines',
    (await allOf(netbox, path.vmInterfaces)).map((one) => ({
      ...ownerOf(one),
      name: one.name,
      enabled: one.enabled,
      mac: one.mac_address,
      vlan: one.untagged_vlan?.vid ?? null,
      bridge: bridgeOf.get(one.id),
    })),
    expected.expectedInterfaces(estate),
  );
  const macs = await allOf(netbox, path.macAddresses);
  expect.soft(macs.map(({ mac_address }) => mac_address).sort()).toEqual(expected.expectedMacs(estate).sort());
  expectSame(
    'interfaces of nodes',
    nodeInterfaces.map((one) => ({
      ...seatOf(one),
      name: one.name,
      type: one.type.value,
      vlan: one.untagged_vlan?.vid ?? null,
    })),
    expected.expectedNodeInterfaces(estate),
  );
}

async function expectAddresses({ estate, netbox }: PluginWorld, { machines, ownerOf, seatOf }: Reader): Promise<void> {
  // The plugin's row about this service has an address of its own, assigned to nothing.
  const addresses = (await allOf(netbox, path.ipAddresses)).filter((one) => one.assigned_object !== null);
  const isMachine = (one: Body): boolean => one.assigned_object_type === 'virtualization.vminterface';
  const row = (one: Body) => ({ interface: one.assigned_object.name, address: one.address });
  expectSame(
    'addresses of machines',
    addresses.filter(isMachine).map((one) => ({ ...ownerOf(one.assigned_object), ...row(one) })),
    expected.expectedAddresses(estate),
  );
  expectSame(
    'addresses of nodes',
    addresses.filter((one) => !isMachine(one)).map((one) => ({ ...seatOf(one.assigned_object), ...row(one) })),
    expected.expectedNodeAddresses(estate),
  );
  expectSame(
    'primary addresses',
    machines.map(({ name, cluster, primary_ip4, primary_ip6 }) => ({
      cluster: cluster.name,
      machine: name,
      v4: primary_ip4?.address ?? null,
      v6: primary_ip6?.address ?? null,
    })),
    expected.expectedPrimaries(estate),
  );
}

async function expectHistory({ estate, netbox }: PluginWorld, { ownerOf }: Reader): Promise<void> {
  const pick = (row: Body, keys: readonly string[]): object => Object.fromEntries(keys.map((key) => [key, row[key]]));
  expectSame(
    'snapshots',
    (await allOf(netbox, path.snapshots)).map((row) => ({
      ...ownerOf(row),
      ...pick(row, ['vmid', 'node', 'name', 'description', 'snaptime']),
      parent: row.parent ?? '',
      status: row.status.value ?? row.status,
    })),
    expected.expectedSnapshots(estate),
  );
  expectSame(
    'backups',
    (await allOf(netbox, path.backups)).map((row) => ({
      ...ownerOf(row),
      ...pick(row, ['vmid', 'storage', 'volume_id']),
      subtype: row.subtype.value ?? row.subtype,
      format: row.format.value ?? row.format,
      ...pick(row, ['size', 'creation_time', 'notes']),
      verified: row.verification_state === '' ? null : row.verification_state,
    })),
    expected.expectedBackups(estate),
  );
  const fields = ['upid', 'node', 'task_type', 'username', 'start_time', 'end_time', 'status'];
  expectSame(
    'task history',
    (await allOf(netbox, path.taskHistory)).map((row) => ({ ...ownerOf(row), ...pick(row, fields) })),
    expected.expectedTasks(estate),
  );
}

async function expectJobs({ estate, netbox, endpointIds }: PluginWorld): Promise<void> {
  const placeOf = (row: Body): number => endpointIds.indexOf(row.endpoint.id);
  expectSame(
    'replication jobs',
    (await allOf(netbox, path.replications)).map((row) => ({
      endpoint: placeOf(row),
      machine: row.virtual_machine.name,
      replication_id: row.replication_id,
      guest: row.guest,
      target: row.target,
      node: row.proxmox_node?.name,
      schedule: row.schedule,
      status: row.status.value ?? row.status,
    })),
    expected.expectedReplications(estate),
  );
  expectSame(
    'backup routines',
    (await allOf(netbox, path.backupRoutines)).map((row) => ({
      endpoint: placeOf(row),
      job_id: row.job_id,
      enabled: row.enabled,
      schedule: row.schedule,
      storage: row.storage?.name,
      selection: row.selection,
      status: row.status.value ?? row.status,
    })),
    expected.expectedRoutines(estate),
  );
}

/** Disks, interfaces, addresses, snapshots, backups, tasks and jobs are those of the estate, and no others. */
export async function expectInventory(world: PluginWorld): Promise<void> {
  const reader = await readerOf(world);
  for (const check of [expectDisks, expectInterfaces, expectAddresses, expectHistory, expectJobs])
    await check(world, reader);
}
