import { describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { aLab, exampleOn, type Json } from './proxmox-lab.js';

/** Two clusters that both have a node `pve1`. */
const twoClusters = () => createEstate({ vms: 8, clusters: 2, nodesPerCluster: 1 });

const isFlat = (row: object): boolean =>
  Object.values(row).every((value) => value === null || typeof value !== 'object');

describe('reads of a node', () => {
  it.each(['8.4', '9.2'] as const)('list interfaces, guests and volumes on Proxmox %s', async (profile) => {
    const { read } = await aLab({ estate: exampleOn(profile) });

    const network = await read('/proxmox/nodes/pve1/network?type=bridge');
    const vms = await read('/proxmox/nodes/pve1/qemu');
    const containers = await read('/proxmox/nodes/pve1/lxc/');
    const content = await read('/proxmox/nodes/pve1/storage/local-lvm/content');

    expect(network.body.map(({ iface }: Json) => iface)).toEqual(['vmbr0']);
    expect(vms.body).toEqual([{ lab: [expect.objectContaining({ vmid: 100, name: 'web01' })] }]);
    expect(containers.body).toEqual([{ lab: [expect.objectContaining({ vmid: 200, name: 'dns01' })] }]);
    expect(content.body.map(({ volid }: Json) => volid)).toEqual([
      'local-lvm:vm-100-disk-0',
      'local-lvm:vm-200-disk-0',
    ]);
    expect(content.body.every(isFlat)).toBe(true);
  });

  it('give the volumes of one guest, and no objects in a row', async () => {
    const { read, simulators } = await aLab();
    const verification = { state: 'ok', upid: 'UPID:pve1:1' };
    const data = [100, 101].map((vmid) => ({ volid: `local:backup/vm/${vmid}`, vmid, verification }));
    simulators[0]!.faults.add({ match: { path: /\/content$/ }, action: { status: 200, body: { data } } });

    const { body } = await read('/proxmox/nodes/pve1/storage/local/content?vmid=100&content=backup');

    expect(body).toEqual([{ volid: 'local:backup/vm/100', vmid: 100, verification: 'state=ok,upid=UPID:pve1:1' }]);
    expect(simulators[0]!.requestLog.at(-1)?.query).toBe('content=backup&vmid=100');
  });

  it.each([
    ['/proxmox/nodes/elsewhere/network', 404, /^Node not found: .*'elsewhere'/],
    ['/proxmox/nodes/elsewhere/storage/local/content', 404, /^Node or Storage not found/],
    ['/proxmox/nodes/pve1/storage/tape/content', 404, /no storage 'tape'/],
    ['/proxmox/nodes/pve1/network?cluster_name=edge', 400, /No Proxmox session found for cluster: edge.*lab/],
    ['/proxmox/nodes/pve1/qemu?proxmox_endpoint_ids=99', 400, /No Proxmox endpoints configured/],
  ])('answer %s with %i and say why', async (url, expected, text) => {
    const { read } = await aLab();

    const { status, body } = await read(url);

    expect({ status, detail: body.detail }).toEqual({ status: expected, detail: expect.stringMatching(text) });
  });

  it.each([
    '/proxmox/nodes/-pve/network',
    '/proxmox/nodes/pve1/network?type=wifi',
    '/proxmox/nodes/pve1/storage/1/content',
  ])('refuse %s as invalid', async (url) => {
    const { read } = await aLab();

    expect((await read(url)).status).toBe(422);
  });

  it('ask which cluster is meant when two have the node, whatever the case of its name', async () => {
    const { read } = await aLab({ estate: twoClusters() });

    const open = await read('/proxmox/nodes/pve1/qemu');
    const named = await read('/proxmox/nodes/pve1/qemu?cluster_name=EDGE');

    expect(open.status).toBe(400);
    expect(open.body.detail).toMatch(/provide cluster_name for the guests of a node\..*lab, edge/);
    expect(named.body.flatMap(Object.keys)).toEqual(['edge']);
  });

  it('take the only one of them that has the storage', async () => {
    const estate = twoClusters();
    const storages = estate.clusters[1]!.storages;
    storages.push({ ...storages[0]!, name: 'only-edge', nodes: '' });
    const { read } = await aLab({ estate });

    const shared = await read('/proxmox/nodes/pve1/storage/local/content');
    const single = await read('/proxmox/nodes/pve1/storage/only-edge/content');
    const none = await read('/proxmox/nodes/pve1/storage/nowhere/content');

    expect(single.status).toBe(200);
    expect([shared.status, none.status]).toEqual([400, 400]);
    expect(shared.body.detail).toMatch(/provide cluster_name for the content of a storage\..*lab, edge/);
  });

  it('answer without an endpoint that is down, and never say "unknown" when it may have the node', async () => {
    const { read } = await aLab({ withDeadEndpoint: true });

    const known = await read('/proxmox/nodes/pve1/qemu');
    const unknown = await read('/proxmox/nodes/elsewhere/qemu');
    const dead = await read('/proxmox/nodes/pve1/qemu?proxmox_endpoint_ids=2');

    expect({ status: known.status, failed: known.failed }).toEqual({ status: 200, failed: '2' });
    expect(unknown).toMatchObject({ status: 502, body: { detail: expect.stringMatching(/endpoint 2: /) } });
    expect(dead).toMatchObject({ status: 502, body: { reason: 'proxmox_unreachable' } });
  });

  it('name the privilege that is missing', async () => {
    const { read } = await aLab({ acl: 'nothing' });

    const { status, body } = await read('/proxmox/nodes/pve1/storage/local/content');

    expect(status).toBe(502);
    expect(body.detail).toMatch(/^proxmox_forbidden: .*Datastore\.Audit/);
  });
});

describe('the configuration of a guest', () => {
  const config = {
    digest: '5d9ba4c1',
    name: 'web01', cores: 2, memory: '2048', onboot: '1', agent: 'enabled=1,fstrim_cloned_disks=1', 'x-new': 'kept',
    net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=120', net10: 'e1000=BC:24:11:00:00:02,bridge=vmbr1',
    scsi0: 'local-lvm:vm-100-disk-0,size=32G', ide2: 'none,media=cdrom', cipassword: '**********',
  }; // prettier-ignore

  it('passes every key, adds disks and networks, and no password', async () => {
    const { read, simulators } = await aLab();
    simulators[0]!.faults.add({ match: { path: /\/config$/ }, action: { status: 200, body: { data: config } } });

    const { body } = await read('/proxmox/pve1/qemu/100/config?source=database&name=lab');

    const { cipassword, ...passed } = config;
    expect(cipassword).toBeDefined();
    expect(body).toEqual({
      ...passed,
      memory: 2048,
      onboot: true,
      agent: true,
      agent_raw: config.agent,
      networks: [
        { net0: { virtio: 'BC:24:11:00:00:01', bridge: 'vmbr0', tag: '120' } },
        { net10: { e1000: 'BC:24:11:00:00:02', bridge: 'vmbr1' } },
      ],
      disks: [
        expect.objectContaining({ name: 'ide2', size: null, description: 'CD-ROM drive' }),
        expect.objectContaining({ name: 'scsi0', size: 32_768, storage_name: 'local-lvm' }),
      ],
    });
  });

  it.each(['8.4', '9.1', '9.2'] as const)('is read for containers of Proxmox %s', async (profile) => {
    const { read } = await aLab({ estate: exampleOn(profile) });

    const { body } = await read('/proxmox/pve1/lxc/200/config');

    expect(body).toMatchObject({ hostname: 'dns01', unprivileged: true, memory: 512, disks: [{ name: 'rootfs' }] });
  });

  it('is found where the guest is now', async () => {
    const { read } = await aLab();

    const { status, body } = await read('/proxmox/pve1/qemu/101/config');

    expect({ status, name: body.name }).toEqual({ status: 200, name: 'db01' });
  });

  it.each([
    ['/proxmox/pve1/qemu/777/config', 400, /^VM Config not found\..*lab has no qemu\/777/],
    ['/proxmox/elsewhere/qemu/100/config', 400, /no node 'elsewhere'/],
    ['/proxmox/pve1/vm/100/config', 400, /Use 'qemu' or 'lxc'/],
    ['/proxmox/pve1/qemu/abc/config', 422, /.*/],
    ['/proxmox/pve1/qemu/100/config?name=nobody', 400, /.*/],
  ])('answers %s with %i', async (url, expected, text) => {
    const { read } = await aLab();

    const { status, body } = await read(url);

    expect(status).toBe(expected);
    expect(String(body.detail ?? body.message)).toMatch(text);
  });

  it('is not called missing when the endpoint that may have it is down, or refuses', async () => {
    const down = await aLab({ withDeadEndpoint: true });
    const refused = await aLab({ acl: 'nothing' });

    const missing = await down.read('/proxmox/pve1/qemu/777/config');
    const forbidden = await refused.read('/proxmox/pve1/qemu/100/config');

    expect(missing).toMatchObject({ status: 502, body: { detail: expect.stringMatching(/endpoint 2: /) } });
    expect(forbidden).toMatchObject({ status: 502, body: { detail: expect.stringMatching(/VM\.Audit/) } });
  });
});
