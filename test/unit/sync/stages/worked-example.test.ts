import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/netbox/types.js';
import { fallbackTagColour } from '../../../../src/proxmox/parse/tags.js';
import { createInMemoryNetBox, type InMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';
import { refusal } from '../../../support/factories/netbox-rules.js';
import { aConnectedCluster, aGuest, syncInventory, type EstateGuest } from '../../../support/factories/estate.js';
import { now } from '../../../support/factories/sync.js';

/** The worked example of the inventory: cluster `lab` with two machines, a container and a template, from an empty NetBox. */
const web01 = aGuest(
  { vmid: 100, name: 'web01', maxcpu: 2, maxmem: 2_147_483_648 },
  { scsi0: 'local-lvm:vm-100-disk-0,size=32G', ide2: 'none,media=cdrom', agent: '1', onboot: 1, tags: 'prod;web' },
);
const others = [
  aGuest(
    { vmid: 101, name: 'db01', node: 'pve2', status: 'stopped', maxcpu: 4, maxmem: 8_589_934_592 },
    { scsi0: 'local-lvm:vm-101-disk-0,size=64G' },
  ),
  aGuest(
    { vmid: 200, type: 'lxc', name: 'dns01', maxcpu: 1, maxmem: 536_870_912 },
    { rootfs: 'local-lvm:vm-200-disk-0,size=8G', unprivileged: 1 },
  ),
  aGuest(
    {
      vmid: 9000,
      name: 'tmpl-debian',
      node: 'pve2',
      status: 'stopped',
      template: true,
      maxcpu: 1,
      maxmem: 1_073_741_824,
    },
    { scsi0: 'local-lvm:base-9000-disk-0,size=10G' },
  ),
];

const lab = (first: EstateGuest = web01) => aConnectedCluster([first, ...others]);

let netbox: InMemoryNetBox;
/** The plugin's row of the endpoint. */
let endpointRowId: number;

function sent(path: string): readonly JsonObject[] {
  return netbox.writes.filter((write) => write.path === path).map(({ body }) => body);
}

function idOf(path: string, slug: string): number | undefined {
  return netbox.rows(path).find((row) => row.slug === slug)?.id;
}

const tag = (slug: string) => idOf('/api/extras/tags/', slug) ?? 0;
const sorted = (...ids: readonly number[]) => [...ids].sort((a, b) => a - b);
const machines = '/api/virtualization/virtual-machines/';
const states = '/api/plugins/proxbox/sync-state/virtual-machines/';

beforeEach(() => {
  netbox = createInMemoryNetBox();
  const target = { name: 'lab', ip_address: '10.0.0.10', domain: '', port: 8006 };
  endpointRowId = netbox.put('/api/plugins/proxbox/endpoints/proxmox/', target).id;
  netbox.put('/api/plugins/proxbox/proxmox-clusters/', { name: 'lab', endpoint: { id: endpointRowId } });
});

describe('the first run', () => {
  beforeEach(async () => {
    await syncInventory(netbox, [lab()], {
      pluginEndpoints: netbox.rows('/api/plugins/proxbox/endpoints/proxmox/'),
    });
  });

  it('writes the cluster with its site, type, sidecar and link', () => {
    const proxbox = tag('proxbox');
    expect(sent('/api/dcim/sites/')).toEqual([
      { name: 'Proxmox Default Site - lab', slug: 'proxmox-default-site-lab', status: 'active', tags: [proxbox] },
    ]);
    expect(sent('/api/virtualization/clusters/')).toEqual([
      {
        name: 'lab',
        type: idOf('/api/virtualization/cluster-types/', 'cluster'),
        scope_type: 'dcim.site',
        scope_id: idOf('/api/dcim/sites/', 'proxmox-default-site-lab'),
        description: 'Proxmox cluster cluster.',
        tags: sorted(proxbox, tag('proxbox-discovered-cluster')),
      },
    ]);
    const [cluster] = netbox.rows('/api/virtualization/clusters/');
    expect(sent('/api/plugins/proxbox/sync-state/clusters/')).toEqual([
      {
        cluster: cluster?.id,
        proxmox_cluster: netbox.rows('/api/plugins/proxbox/proxmox-clusters/')[0]?.id,
        proxmox_cluster_name: 'lab',
        proxmox_last_updated: now,
        tags: [proxbox],
      },
    ]);
    expect(sent('/api/plugins/proxbox/proxmox-clusters/')).toEqual([{ netbox_cluster: cluster?.id }]);
  });

  it('writes a device and its sidecar per node', () => {
    const [cluster] = netbox.rows('/api/virtualization/clusters/');
    expect(sent('/api/dcim/devices/')).toEqual(
      ['pve1', 'pve2'].map((name) => ({
        name,
        cluster: cluster?.id,
        status: 'active',
        description: `Proxmox Node ${name}`,
        device_type: idOf('/api/dcim/device-types/', 'proxmox-generic-device'),
        role: idOf('/api/dcim/device-roles/', 'proxmox-node'),
        site: idOf('/api/dcim/sites/', 'proxmox-default-site-lab'),
        tags: sorted(tag('proxbox'), tag('proxbox-discovered-node')),
      })),
    );
    expect(sent('/api/plugins/proxbox/sync-state/devices/')).toMatchObject([
      { proxmox_node_name: 'pve1', proxmox_cluster_name: 'lab', proxmox_last_updated: now, endpoint: endpointRowId },
      { proxmox_node_name: 'pve2', proxmox_cluster_name: 'lab', proxmox_last_updated: now, endpoint: endpointRowId },
    ]);
  });

  it('makes the tags of the guests', () => {
    expect(sent('/api/extras/tags/').slice(-2)).toEqual(
      ['prod', 'web'].map((name) => ({
        name,
        slug: name,
        color: fallbackTagColour(name),
        description: 'Synced by Proxbox',
      })),
    );
  });

  it('writes every guest with exactly the fields that are ours', () => {
    const [cluster] = netbox.rows('/api/virtualization/clusters/');
    const [pve1, pve2] = netbox.rows('/api/dcim/devices/');
    const types = '/api/virtualization/virtual-machine-types/';
    const common = { cluster: cluster?.id, site: idOf('/api/dcim/sites/', 'proxmox-default-site-lab') };
    const qemu = { ...common, virtual_machine_type: idOf(types, 'qemu-virtual-machine') };
    const lxc = { ...common, virtual_machine_type: idOf(types, 'lxc-container') };
    const qemuTags = sorted(tag('proxbox'), tag('proxbox-discovered-qemu'));
    const on1 = { device: pve1?.id, description: 'Synced from Proxmox node pve1' };
    const on2 = { device: pve2?.id, description: 'Synced from Proxmox node pve2' };
    expect(sent(machines)).toEqual([
      {
        ...qemu,
        ...on1,
        name: 'web01',
        status: 'active',
        vcpus: 2,
        memory: 2048,
        disk: 32_768,
        start_on_boot: 'on',
        tags: sorted(...qemuTags, tag('prod'), tag('web')),
      },
      {
        ...qemu,
        ...on2,
        name: 'db01',
        status: 'offline',
        vcpus: 4,
        memory: 8192,
        disk: 65_536,
        start_on_boot: 'off',
        tags: qemuTags,
      },
      {
        ...lxc,
        ...on1,
        name: 'dns01',
        status: 'active',
        vcpus: 1,
        memory: 512,
        disk: 8192,
        start_on_boot: 'off',
        tags: sorted(tag('proxbox'), tag('proxbox-discovered-lxc')),
      },
      {
        ...qemu,
        ...on2,
        name: 'tmpl-debian',
        status: 'offline',
        vcpus: 1,
        memory: 1024,
        disk: 10_240,
        start_on_boot: 'off',
        tags: qemuTags,
      },
    ]);
  });

  it('writes one sidecar per guest, with its run id', () => {
    const [machine] = netbox.rows(machines);
    expect(sent(states)).toHaveLength(4);
    expect(sent(states)[0]).toEqual({
      virtual_machine: machine?.id,
      last_run_id: 'R1',
      proxmox_vm_id: 100,
      proxmox_vm_type: 'qemu',
      proxmox_vm_name: 'web01',
      proxmox_start_at_boot: true,
      proxmox_unprivileged_container: false,
      proxmox_qemu_agent: true,
      proxmox_search_domain: '',
      proxmox_status: 'running',
      proxmox_link: 'https://10.0.0.10:8006/#v1:0:=qemu/100',
      proxmox_last_updated: now,
      endpoint: endpointRowId,
      proxmox_endpoint_raw_id: 1,
      proxmox_node_name: 'pve1',
      proxmox_cluster_name: 'lab',
      tags: [tag('proxbox')],
    });
  });
});

describe('the next run', () => {
  beforeEach(async () => {
    await syncInventory(netbox, [lab()]);
    netbox.writes.length = 0;
  });

  async function writesAfter(first: EstateGuest): Promise<readonly unknown[]> {
    await syncInventory(netbox, [lab(first)], { runId: 'R2' });
    return netbox.writes.map(({ path, body }) => (path === machines ? body : { sidecar: body }));
  }

  it('writes nothing when nothing changed, and counts everything as unchanged', async () => {
    const { devices, machines: result } = await syncInventory(netbox, [lab()], { runId: 'R2' });
    expect(netbox.writes).toEqual([]);
    expect(devices.counts).toMatchObject({ created: 0, updated: 0, unchanged: 3, failed: 0, skipped: 0, total: 3 });
    expect(result.counts).toMatchObject({ created: 0, updated: 0, unchanged: 4, failed: 0, skipped: 0, total: 4 });
  });

  it('stops a machine with one field', async () => {
    expect(await writesAfter(aGuest({ ...web01.resource, status: 'stopped' }, web01.config))).toEqual([
      { status: 'offline' },
      { sidecar: { proxmox_status: 'stopped', proxmox_last_updated: now, last_run_id: 'R2' } },
    ]);
  });

  it('migrates a machine', async () => {
    const pve2 = netbox.rows('/api/dcim/devices/').find(({ name }) => name === 'pve2');
    expect(await writesAfter(aGuest({ ...web01.resource, node: 'pve2' }, web01.config))).toEqual([
      { device: pve2?.id, description: 'Synced from Proxmox node pve2' },
      { sidecar: { proxmox_node_name: 'pve2', proxmox_last_updated: now, last_run_id: 'R2' } },
    ]);
  });

  it('renames a machine', async () => {
    expect(await writesAfter(aGuest({ ...web01.resource, name: 'web02' }, web01.config))).toEqual([
      { name: 'web02' },
      { sidecar: { proxmox_vm_name: 'web02', proxmox_last_updated: now, last_run_id: 'R2' } },
    ]);
  });

  it('adds a disk', async () => {
    const config = { ...web01.config, scsi1: 'local-lvm:vm-100-disk-1,size=10G' };
    expect(await writesAfter(aGuest(web01.resource, config))).toEqual([{ disk: 43_008 }]);
  });

  it('leaves the sum of virtual disks to NetBox', async () => {
    netbox.verdict = ({ body }) =>
      body.disk === 43_008
        ? refusal({ disk: ['must match the aggregate size of assigned virtual disks (32768)'] })
        : undefined;
    const config = { ...web01.config, scsi1: 'local-lvm:vm-100-disk-1,size=10G' };
    expect(await writesAfter(aGuest(web01.resource, config))).toEqual([{ disk: 43_008 }, { disk: 32_768 }]);
  });

  it('leaves what an operator changed: name, tags, description, role, tenant, comments', async () => {
    const [machine] = netbox.rows(machines);
    const before = {
      name: 'shop',
      tags: [tag('proxbox'), tag('prod'), tag('web'), 77],
      description: 'The shop',
      role: 55,
      tenant: { id: 4 },
      comments: 'do not touch',
    };
    netbox.change(machines, machine?.id ?? 0, before);
    expect(await writesAfter(web01)).toEqual([]);
  });

  it('leaves a guest alone that Proxmox no longer has', async () => {
    await syncInventory(netbox, [aConnectedCluster([web01])], { runId: 'R2' });
    expect(netbox.writes).toEqual([]);
    expect(netbox.rows(machines)).toHaveLength(4);
  });

  it('keeps every machine when the cluster is renamed', async () => {
    const renamed = aConnectedCluster([web01, ...others], { view: { name: 'production' } });
    const { machines: result } = await syncInventory(netbox, [renamed], { runId: 'R2' });
    expect(result.counts).toMatchObject({ created: 0, updated: 4, failed: 0 });
    expect(netbox.rows(machines)).toHaveLength(4);
    expect(netbox.rows('/api/dcim/devices/')).toHaveLength(2);
  });
});

describe('a run that was cut off', () => {
  it('leaves nothing behind that the next run would duplicate', async () => {
    let left = 14;
    netbox.verdict = ({ path }) => {
      left -= path === machines || path === states ? 7 : 0;
      return left < 0 ? refusal({ detail: 'gone' }, 401) : undefined;
    };
    expect((await syncInventory(netbox, [lab()])).machines).toMatchObject({ status: 'failed' });
    expect(netbox.rows(machines)).toHaveLength(2);
    netbox.verdict = () => undefined;
    const { machines: result } = await syncInventory(netbox, [lab()], { runId: 'R2' });
    expect(result.counts).toMatchObject({ created: 2, unchanged: 2, failed: 0 });
    expect(netbox.rows(machines).map(({ name }) => name)).toEqual(['web01', 'db01', 'dns01', 'tmpl-debian']);
    expect(netbox.rows(states)).toHaveLength(4);
    netbox.writes.length = 0;
    await syncInventory(netbox, [lab()], { runId: 'R3' });
    expect(netbox.writes).toEqual([]);
  });
});
