/** Why an object in NetBox is as it is: each answer is one that an operator looks for at night. */
import { afterEach, describe, expect, it } from 'vitest';
import { overwriteFlags } from '../../../src/sync/plan/options.js';
import { settingOf } from '../../../src/sync/explain/verdicts.js';
import { setAgent, setNodeOnline } from '../../simulator/estate/index.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { openWorld, type ServiceAnswer, type World } from '../../support/world.js';

let world: World;
afterEach(() => world.close());

const mac = 'BC:24:11:00:00:01';
const guest = (vmid: number, more: object = {}) => ({
  vmid,
  config: { agent: 1, scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `virtio=${mac},bridge=vmbr0` },
  agent: {
    state: 'running' as const,
    interfaces: [
      {
        name: 'ens18',
        'hardware-address': mac.toLowerCase(),
        'ip-addresses': [{ 'ip-address': `10.1.0.${vmid}`, 'ip-address-type': 'ipv4' as const, prefix: 24 }],
      },
    ],
  },
  ...more,
});

async function synced(): Promise<void> {
  world = await openWorld({ estate: anEstate(aCluster({ nodes: ['pve1', 'pve2'], guests: [guest(100)] })) });
  await world.fullUpdate();
}

const machine = () => world.netbox.state.objects('virtualization/virtual-machines')[0]!;
const explain = async (at: string) => (await world.ask('GET', `/explain/${at}`)).body;
type Body = ServiceAnswer['body'];
const objectOf = (body: Body, kind: string): Body => body.objects.find((one: Body) => one.kind === kind);
const fieldOf = (body: Body, kind: string, name: string): Body =>
  objectOf(body, kind).fields.find(({ field }: Body) => field === name);

describe('a machine that is as it should be', () => {
  it('is told with its guest, every field and address, within few requests, and nothing is written', async () => {
    await synced();
    world.netbox.resetCounters();
    const asked = world.proxmox[0]!.requestLog.length;
    const body = await explain('guest/100');

    expect(body).toMatchObject({
      machine: { netbox_id: machine()['id'], name: machine()['name'] },
      guest: { endpoint_id: 1, cluster: 'lab', vmid: 100, type: 'qemu' },
      summary: expect.stringContaining('would write nothing'),
    });
    for (const kind of ['virtual-machine', 'vm-state', 'vm-interface', 'ip-address', 'virtual-disk'])
      expect([kind, objectOf(body, kind)?.action]).toEqual([kind, 'keep']);
    expect(fieldOf(body, 'virtual-machine', 'memory')).toMatchObject({ rule: 'always', verdict: 'As Proxmox has it.' });
    expect(world.netbox.requestLog.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(world.netbox.requestLog.length).toBeLessThanOrEqual(25);
    expect(world.proxmox[0]!.requestLog.length - asked).toBeLessThanOrEqual(8);
    expect((await world.ask('GET', '/runs')).body.runs).toHaveLength(1);
  });

  it('is told by its NetBox id, its interface and its address as well, and what runs did to it', async () => {
    await synced();
    const id = machine()['id'];
    const whole = await explain(`netbox/virtual-machine/${id}`);
    expect(whole).toEqual(await explain('guest/100?endpoint=1'));
    const { body: latest } = await world.ask('GET', '/runs/latest');
    expect(whole.history).toContainEqual(
      expect.objectContaining({ run_id: latest.id, kind: 'virtual-machine', outcome: 'created' }),
    );
    expect(whole.history.length).toBeLessThanOrEqual(10);
    const address = world.netbox.state.objects('ipam/ip-addresses').find((row) => row['address'] === '10.1.0.100/24')!;
    const ofAddress = await explain(`netbox/ip-address/${address['id']}`);
    expect(ofAddress).toMatchObject({
      machine: { netbox_id: id },
      objects: [{ kind: 'ip-address', netbox_id: address['id'] }],
    });
    const [nic] = world.netbox.state.objects('virtualization/interfaces');
    expect((await explain(`netbox/interface/${nic!['id']}`)).objects).toMatchObject([{ kind: 'vm-interface' }]);
  });
});

describe('it says why', () => {
  it('a machine has no address: what the agent answered, and what to do', async () => {
    await synced();
    setAgent(world.estate.clusters[0]!, 100, { state: 'silent' });
    const body = await explain('guest/100');
    expect(body.findings.map(({ reason }: { reason: string }) => reason)).toContainEqual(
      expect.stringMatching(/agent/),
    );
    const finding = body.findings.find(({ reason }: { reason: string }) => /agent/.test(reason));
    expect(finding.message).not.toBe('');
  });

  it('a description, a status and a tag of an operator were kept, with the setting that decides', async () => {
    await synced();
    world.netbox.operator.update('virtualization/virtual-machines', machine()['id'], {
      description: 'Mine',
      status: 'planned',
    });
    const body = await explain('guest/100');
    expect(fieldOf(body, 'virtual-machine', 'description')).toMatchObject({
      netbox: 'Mine',
      setting: 'overwrite_vm_description',
      verdict: expect.stringContaining('Kept'),
    });
    expect(fieldOf(body, 'virtual-machine', 'status')).toMatchObject({
      netbox: 'planned',
      rule: 'unless-operator',
      verdict: expect.stringContaining('status that only operators give'),
    });
  });

  it('a field differs: the next sync writes it', async () => {
    await synced();
    world.netbox.operator.update('virtualization/virtual-machines', machine()['id'], { memory: 17 });
    const body = await explain('guest/100');
    expect(objectOf(body, 'virtual-machine').action).toBe('update');
    expect(fieldOf(body, 'virtual-machine', 'memory')).toMatchObject({
      netbox: 17,
      verdict: expect.stringContaining('next sync writes it'),
    });
    expect(machine()['memory']).toBe(17);
  });

  it('a guest was left out: its node is offline', async () => {
    await synced();
    for (const { name } of world.estate.clusters[0]!.nodes.slice(0, 1))
      setNodeOnline(world.estate.clusters[0]!, name, false);
    const body = await explain('guest/100');
    expect(body.summary).not.toContain('would write nothing');
    expect(JSON.stringify([body.objects, body.findings])).toContain('node_offline');
  });
});

describe('what is not there', () => {
  it('is a sentence with what to do', async () => {
    await synced();
    expect(await world.ask('GET', '/explain/guest/999')).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('no machine of a guest with the VMID 999') },
    });
    expect((await world.ask('GET', '/explain/netbox/virtual-machine/999')).status).toBe(404);
    expect((await world.ask('GET', '/explain/netbox/ip-address/999')).status).toBe(404);
    expect((await world.ask('GET', '/explain/guest/none')).status).toBe(422);
  });
});

describe('settings', () => {
  it('are named for every field that a flag is about', async () => {
    await synced();
    const named = [
      ['virtual-machine', 'role'],
      ['virtual-machine', 'virtual_machine_type'],
      ['virtual-machine', 'platform'],
      ['virtual-machine', 'tags'],
      ['virtual-machine', 'description'],
      ['virtual-machine', 'custom_fields'],
      ['vm-interface', 'tags'],
      ['vm-interface', 'custom_fields'],
      ['ip-address', 'status'],
      ['ip-address', 'tags'],
      ['ip-address', 'custom_fields'],
      ['ip-address', 'dns_name'],
    ].map(([kind, field]) => settingOf(kind as never, field!));
    const rest = overwriteFlags.filter((flag) => /^overwrite_(vm|ip)_/.test(flag) && !named.includes(flag));
    // They decide whether rows are made at all, not about a field.
    expect(rest).toEqual(['overwrite_vm_proxmox_tags', 'overwrite_vm_cloudinit']);
    expect(settingOf('vm-state', 'proxmox_vm_id')).toBeNull();
  });
});

describe('a device', () => {
  const device = () => world.netbox.state.objects('dcim/devices').find(({ name }) => name === 'pve2')!;

  it('is told with its node, interfaces and addresses, and nothing of the other node; nothing is written', async () => {
    await synced();
    world.netbox.resetCounters();
    const body = await explain(`netbox/device/${device().id}`);

    expect(body).toMatchObject({
      device: { netbox_id: device().id, name: 'pve2' },
      node: { endpoint_id: 1, cluster: 'lab', node: 'pve2' },
      recognised_by: 'Endpoint 1 and node "pve2" of "lab", as its sync state says.',
      summary: expect.stringContaining('would write nothing'),
      history: [{ kind: 'device', outcome: 'created', label: 'pve2' }],
    });
    for (const kind of ['device', 'device-state', 'node-interface', 'ip-address'])
      expect([kind, objectOf(body, kind)?.action]).toEqual([kind, 'keep']);
    expect(body.objects.map(({ label }: Body) => label).filter((label: string) => label.includes('pve1'))).toEqual([]);
    expect(world.netbox.requestLog.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(world.netbox.requestLog.length).toBeLessThanOrEqual(25);
  });

  it('is told by its interface and address as well', async () => {
    await synced();
    const nic = world.netbox.state
      .objects('dcim/interfaces')
      .find((row) => row['device'] === device().id && row['name'] === 'vmbr0')!;
    const address = world.netbox.state
      .objects('ipam/ip-addresses')
      .find((row) => row['assigned_object_id'] === nic.id)!;

    expect(await explain(`netbox/device-interface/${nic.id}`)).toMatchObject({
      device: { name: 'pve2' },
      objects: [{ kind: 'node-interface', netbox_id: nic.id }],
    });
    expect(await explain(`netbox/ip-address/${address.id}`)).toMatchObject({
      device: { name: 'pve2' },
      objects: [{ kind: 'ip-address', netbox_id: address.id }],
    });
  });

  it('of a node that is offline says so, and what an operator wrote on it is kept', async () => {
    await synced();
    world.netbox.operator.update('dcim/devices', device().id, { description: 'Mine' });
    setNodeOnline(world.estate.clusters[0]!, 'pve2', false);
    await world.restart();

    const body = await explain(`netbox/device/${device().id}`);

    expect(body.findings.map(({ reason }: Body) => reason)).toContain('node_offline');
    expect(fieldOf(body, 'device', 'description')).toMatchObject({ netbox: 'Mine' });
  });

  it('that no sync has made is 404, and so is one that is not there', async () => {
    await synced();
    const { device_type, role, site } = device();
    const other = world.netbox.operator.create('dcim/devices', { name: 'switch', device_type, role, site });

    const [none, gone] = [await explain(`netbox/device/${other.id}`), await explain('netbox/device/999')];

    expect(none.detail).toMatch(/No sync state says which node the device \d+ stands for/);
    expect(gone.detail).toBe('NetBox has no device with the id 999.');
  });
});

describe('a search', () => {
  const search = async (text: string, more = '') =>
    (await world.ask('GET', `/explain/search?text=${encodeURIComponent(text)}${more}`)).body;
  const namesOf = async (text: string) => {
    const { machines } = await search(text);
    return machines.map(({ name, found_by: by }: Body) => `${name} by ${by}`);
  };

  it('finds machines by name, VMID, address and MAC address, in six requests at most, and writes nothing', async () => {
    const guests = [guest(100, { name: 'web-1' }), { vmid: 101, name: 'Web-2' }, { vmid: 110, name: 'db-101' }];
    world = await openWorld({ estate: anEstate(aCluster({ guests })) });
    await world.fullUpdate();

    expect(await namesOf('WEB')).toEqual(['Web-2 by name', 'web-1 by name']);
    expect(await namesOf('101')).toEqual(['Web-2 by vmid', 'db-101 by name']);
    for (const address of ['10.1.0.100', ' 10.1.0.100/32 '])
      expect(await namesOf(address)).toEqual(['web-1 by address']);
    for (const written of [mac, mac.toLowerCase().replaceAll(':', '-')])
      expect(await namesOf(written)).toEqual(['web-1 by mac']);
    for (const nothing of ['nobody', '999', '10.9.9.9', 'aa:bb:cc:dd:ee:ff'])
      expect(await search(nothing)).toEqual({ machines: [], has_more: false });

    world.netbox.resetCounters();
    expect((await search('10.1.0.100')).machines).toMatchObject([
      { status: 'active', cluster: 'lab', vmid: 100, endpoint_id: 1, netbox_id: expect.any(Number) },
    ]);
    expect(world.netbox.requestLog.length).toBeLessThanOrEqual(6);
    expect(world.netbox.requestLog.filter(({ method }) => method !== 'GET')).toEqual([]);

    const few = await search('b', '&limit=2');
    expect([few.machines.length, few.has_more]).toEqual([2, true]);
    expect((await world.ask('GET', '/explain/search?text=%20')).status).toBe(422);
  });

  it('shows a machine that no sync has made, without a guest', async () => {
    await synced();
    const cluster = world.netbox.state.objects('virtualization/clusters')[0]!['id'];
    world.netbox.operator.create('virtualization/virtual-machines', { name: 'by-hand', cluster, status: 'planned' });

    expect((await search('by-hand')).machines).toMatchObject([
      { name: 'by-hand', status: 'planned', vmid: null, cluster: null, endpoint_id: null },
    ]);
  });
});
