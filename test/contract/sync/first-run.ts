import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate, type Estate } from '../../simulator/estate/index.js';
import type { StreamResult } from '../../support/world.js';
import { path, type Answer } from '../netbox/target.js';
import * as expected from './expected-estate.js';
import { all, sync, syncQuietly, tagsOf, type OpenTarget, type SyncTarget } from './target.js';

type Objects = Awaited<ReturnType<typeof all>>;

const sorted = (objects: readonly object[]): string[] => objects.map((object) => JSON.stringify(object)).sort();

/** Both lists hold equal objects, in whatever order. */
function expectSame(actual: readonly object[], wanted: readonly object[]): void {
  expect(sorted(actual)).toEqual(sorted(wanted));
}

const slugsOf = (objects: Objects): string[] => objects.map(({ slug }) => slug).sort();
const pick = (object: Objects[number], keys: readonly string[]): object =>
  Object.fromEntries(keys.map((key) => [key, object[key]]));

/** An empty NetBox gets the estate, all of it and nothing else. */
export function describeFirstRun(openTarget: OpenTarget): void {
  describe('the first run on an empty NetBox', () => {
    const estate: Estate = createEstate({ vms: 24, clusters: 2, seed: 5 });
    let target: SyncTarget;
    let first: StreamResult;
    let endpoints: expected.Endpoint[];

    beforeAll(async () => {
      target = await openTarget(estate);
      first = await sync(target);
      const rows = await target.world.ask('GET', '/proxmox/endpoints');
      endpoints = rows.body.map(({ id, port, name }: { id: number; port: number; name: string }) => ({
        id,
        port,
        pluginId: Number(/\(nb:(\d+)\)/.exec(name)?.[1]),
      }));
    });
    afterAll(() => target.close());

    it('creates the tags, roles and types, and a tag for every Proxmox tag in its colour', async () => {
      const tags = await all(target, path.tags);
      const own: readonly string[] = expected.expectedSupport.tags;

      expect(slugsOf(tags.filter(({ slug }) => slug.startsWith('proxbox')))).toEqual(own);
      const guestTags = tags.filter(({ slug }) => !slug.startsWith('proxbox'));
      expectSame(
        guestTags.map((tag) => pick(tag, ['name', 'slug', 'color', 'description'])),
        expected.expectedGuestTags(estate),
      );
      expect(slugsOf(await all(target, path.clusterTypes))).toEqual(expected.expectedSupport.clusterTypes);
      expect(slugsOf(await all(target, path.manufacturers))).toEqual(expected.expectedSupport.manufacturers);
      expect(slugsOf(await all(target, path.deviceTypes))).toEqual(expected.expectedSupport.deviceTypes);
      expect(slugsOf(await all(target, path.deviceRoles))).toEqual(expected.expectedSupport.deviceRoles);
      expect(slugsOf(await all(target, path.vmTypes))).toEqual(expected.expectedSupport.vmTypes);
    });

    it('creates a site and a cluster per Proxmox cluster', async () => {
      const sites = await all(target, path.sites);
      const clusters = await all(target, path.clusters);

      expectSame(
        sites.map((site) => ({ name: site.name, status: site.status.value, tags: tagsOf(site) })),
        expected.expectedSites(estate),
      );
      expectSame(
        clusters.map((cluster) => ({
          name: cluster.name,
          type: cluster.type.slug,
          site: cluster.scope.name,
          tenant: cluster.tenant,
          description: cluster.description,
          tags: tagsOf(cluster),
        })),
        expected.expectedClusters(estate),
      );
    });

    it('creates a device per node, in its cluster and site', async () => {
      const devices = await all(target, path.devices);

      expectSame(
        devices.map((device) => ({
          name: device.name,
          cluster: device.cluster.name,
          site: device.site.name,
          status: device.status.value,
          type: device.device_type.slug,
          manufacturer: device.device_type.manufacturer.slug,
          role: device.role.slug,
          description: device.description,
          tags: tagsOf(device),
        })),
        expected.expectedDevices(estate),
      );
    });

    it('creates a virtual machine per guest, on its node, with its resources and tags', async () => {
      const machines = await all(target, path.vms);

      expectSame(
        machines.map((machine) => ({
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
        })),
        expected.expectedMachines(estate),
      );
    });

    it('creates a row per storage and cluster', async () => {
      const storages = await all(target, path.storage);
      const keys = ['name', 'storage_type', 'content', 'shared', 'enabled', 'nodes', 'path', 'server', 'pool'];

      expectSame(
        storages.map((storage) => ({ cluster: storage.cluster.name, ...pick(storage, keys), tags: tagsOf(storage) })),
        expected.expectedStorages(estate),
      );
    });

    it('writes beside every virtual machine and device who it is in Proxmox', async () => {
      const machines = await all(target, path.vmState);
      const devices = await all(target, path.deviceState);
      const stateKeys = ['proxmox_endpoint_raw_id', 'proxmox_vm_id', 'proxmox_vm_type', 'proxmox_vm_name'];
      const placeKeys = ['proxmox_node_name', 'proxmox_cluster_name', 'proxmox_status', 'proxmox_start_at_boot'];
      const restKeys = ['proxmox_unprivileged_container', 'proxmox_qemu_agent', 'proxmox_link', 'last_run_id'];

      expectSame(
        machines.map((state) => ({
          machine: state.virtual_machine.name,
          endpoint: state.endpoint.id,
          ...pick(state, [...stateKeys, ...placeKeys, ...restKeys]),
        })),
        expected.expectedMachineStates(estate, endpoints, String(first.complete.result?.['operation_id'])),
      );
      expect(machines.map((state) => state.proxmox_node?.name)).toEqual(
        machines.map((state) => state.proxmox_node_name),
      );
      expect(devices.map((state) => state.proxmox_node?.name)).toEqual(devices.map((state) => state.proxmox_node_name));
      // Of the row of the node, and of its endpoint: the plugin takes no other beside it.
      const nodes = await all(target, path.proxmoxNodes);
      const placeOf = (state: Answer['body']) => [
        state.proxmox_node?.id,
        state.endpoint?.id,
        state.proxmox_cluster?.id,
      ];
      const places = new Set(nodes.map((row) => String([row.id, row.endpoint?.id, row.proxmox_cluster?.id])));
      for (const state of [...machines, ...devices]) expect(places).toContain(String(placeOf(state)));
      expectSame(
        devices.map((state) => ({
          device: state.device.name,
          ...pick(state, ['proxmox_node_name', 'proxmox_cluster_name', 'proxmox_endpoint_raw_id']),
        })),
        expected.expectedDeviceStates(estate, endpoints),
      );
    });

    it('links the rows of the plugin about clusters and nodes to the NetBox objects', async () => {
      const clusterRows = await all(target, path.proxmoxClusters);
      const nodeRows = await all(target, path.proxmoxNodes);
      const clusterStates = await all(target, path.clusterState);

      expect(clusterRows.map((row) => row.netbox_cluster?.name)).toEqual(clusterRows.map(({ name }) => name));
      expect(nodeRows.map((row) => row.netbox_device?.name)).toEqual(nodeRows.map(({ name }) => name));
      expect(clusterStates.map((state) => state.cluster.name).sort()).toEqual(
        clusterStates.map((state) => state.proxmox_cluster_name).sort(),
      );
      expect(clusterStates).toHaveLength(2);
    });

    it('says what it did: every object of Proxmox created, none failed', () => {
      const kinds = first.complete.result!.kinds;
      const created = (count: number) => ({ discovered: count, created: count, failed: 0, skipped: 0 });
      const storages = estate.clusters.flatMap((cluster) => cluster.storages).length;
      const nodes = estate.clusters.flatMap((cluster) => cluster.nodes).length;

      expect(kinds['virtual-machine']).toMatchObject(created(24));
      expect(kinds['device']).toMatchObject(created(nodes));
      expect(kinds['cluster']).toMatchObject(created(2));
      expect(kinds['storage']).toMatchObject(created(storages));
      expect(first.complete.result).toMatchObject({ virtual_machines_count: 24, devices_count: nodes });
    });

    it('the second run writes nothing, leaves no change-log row and reports everything unchanged', async () => {
      const second = await syncQuietly(target);

      expect(second.complete.result!.kinds['virtual-machine']).toMatchObject({ discovered: 24, unchanged: 24 });
      expect(second.complete.result!.kinds['device']).toMatchObject({ created: 0, updated: 0, failed: 0 });
    });
  });
}
