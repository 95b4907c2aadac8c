/** Compares what NetBox holds with the estate, object by object. */
import { expect } from 'vitest';
import type { EstateCluster } from '../simulator/estate/index.js';
import { path, type Answer, type Api } from '../contract/netbox/target.js';
import * as expected from '../contract/sync/expected-estate.js';
import { tagsOf } from '../contract/sync/target.js';
import type { PluginWorld } from './plugin-world.js';

type Body = Answer['body'];

export async function allOf(netbox: Api, collection: string, query = ''): Promise<Body[]> {
  const answer = await netbox.get(`${collection}?limit=1000${query}`);
  expect(answer, collection).toMatchObject({ status: 200 });
  return answer.body.results;
}

const sorted = (objects: readonly object[]): string[] => objects.map((object) => JSON.stringify(object)).sort();

/** Both lists hold equal objects, in whatever order. */
function expectSame(actual: readonly object[], wanted: readonly object[]): void {
  expect(sorted(actual)).toEqual(sorted(wanted));
}

const machineFields = (machine: Body): object => ({
  name: machine.name,
  cluster: machine.cluster.name,
  site: machine.site.name,
  device: machine.device.name,
  status: machine.status.value,
  type: machine.virtual_machine_type.slug,
  role: machine.role,
  tenant: machine.tenant,
  platform: machine.platform?.name ?? null,
  vcpus: Number(machine.vcpus),
  memory: machine.memory,
  disk: machine.disk,
  boot: machine.start_on_boot.value,
  description: machine.description,
  comments: machine.comments,
  tags: tagsOf(machine),
});

const deviceFields = (device: Body): object => ({
  name: device.name,
  cluster: device.cluster.name,
  site: device.site.name,
  status: device.status.value,
  type: device.device_type.slug,
  manufacturer: device.device_type.manufacturer.slug,
  role: device.role.slug,
  description: device.description,
  tags: tagsOf(device),
});

const clusterFields = (cluster: Body): object => ({
  name: cluster.name,
  type: cluster.type.slug,
  site: cluster.scope.name,
  tenant: cluster.tenant,
  description: cluster.description,
  tags: tagsOf(cluster),
});

const storageFields = (storage: Body): object => ({
  cluster: storage.cluster.name,
  name: storage.name,
  storage_type: storage.storage_type,
  content: storage.content,
  shared: storage.shared,
  enabled: storage.enabled,
  nodes: storage.nodes,
  path: storage.path,
  server: storage.server,
  pool: storage.pool,
  tags: tagsOf(storage),
});

/**
 * Clusters, devices, storages and virtual machines are those of the estate, and no others but the machines with these
 * names, which were removed in Proxmox.
 */
export async function expectEstate(
  { estate, netbox }: Pick<PluginWorld, 'estate' | 'netbox'>,
  removed: readonly string[] = [],
): Promise<void> {
  const machines = await allOf(netbox, path.vms);
  const present = machines.filter(({ name }) => !removed.includes(name));
  expect(machines).toHaveLength(present.length + removed.length);
  expectSame(present.map(machineFields), expected.expectedMachines(estate));
  expectSame((await allOf(netbox, path.devices)).map(deviceFields), expected.expectedDevices(estate));
  expectSame((await allOf(netbox, path.clusters)).map(clusterFields), expected.expectedClusters(estate));
  expectSame((await allOf(netbox, path.storage)).map(storageFields), expected.expectedStorages(estate));
}

/** The endpoints of the service as the expectations name them, in the order of the clusters. */
async function endpointsOf(world: PluginWorld): Promise<expected.Endpoint[]> {
  const rows: Body[] = await world.ask('/proxmox/endpoints');
  return world.endpointIds.map((pluginId) => {
    const row = rows.find(({ name }) => name.endsWith(`(nb:${pluginId})`));
    return { id: row.id, pluginId, port: row.port };
  });
}

/** Beside every virtual machine stands which guest of which endpoint it is, and the run that wrote it. */
export async function expectIdentities(world: PluginWorld, runId: string): Promise<void> {
  const wanted = expected.expectedMachineStates(world.estate, await endpointsOf(world), runId);
  const [sample] = wanted;
  const keys = Object.keys(sample!).filter((key) => key !== 'machine' && key !== 'endpoint');
  const states = await allOf(world.netbox, path.vmState);
  expectSame(
    states.map((state) => ({
      machine: state.virtual_machine.name,
      endpoint: state.endpoint.id,
      ...Object.fromEntries(keys.map((key) => [key, state[key]])),
    })),
    wanted,
  );
}

/** The rows which the plugin itself writes about clusters and nodes point at the NetBox objects of the same cluster. */
export async function expectLinkedRows({ estate, netbox }: PluginWorld): Promise<void> {
  const clusters = await allOf(netbox, path.proxmoxClusters);
  const nodes = await allOf(netbox, path.proxmoxNodes);
  const devices = await allOf(netbox, path.devices);
  const clusterOf = new Map(devices.map((device) => [device.id, device.cluster.name]));
  expectSame(
    clusters.map((row) => ({ name: row.name, object: row.netbox_cluster?.name })),
    estate.clusters.map(({ name }) => ({ name, object: name })),
  );
  expectSame(
    nodes.map((row) => ({
      cluster: row.proxmox_cluster?.name,
      name: row.name,
      device: row.netbox_device?.name,
      of: clusterOf.get(row.netbox_device?.id),
    })),
    estate.clusters.flatMap((cluster) =>
      cluster.nodes.map(({ name }) => ({ cluster: cluster.name, name, device: name, of: cluster.name })),
    ),
  );
}

/** The virtual machine of a guest, found by its sidecar. */
export async function machineOf({ netbox }: PluginWorld, cluster: EstateCluster, vmid: number): Promise<Body> {
  const rows = await allOf(netbox, path.vmState, `&proxmox_vm_id=${vmid}`);
  const own = rows.filter((row) => row.proxmox_cluster_name === cluster.name);
  expect(own, `sidecars of ${cluster.name}/${vmid}`).toHaveLength(1);
  return (await netbox.get(`${path.vms}${own[0].virtual_machine.id}/`)).body;
}
