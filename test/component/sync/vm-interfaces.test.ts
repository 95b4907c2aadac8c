import { afterEach, describe, expect, it } from 'vitest';
import {
  addGuest,
  createEstate,
  setAgent,
  setConfig,
  type EstateCluster,
  type EstateGuest,
} from '../../simulator/estate/index.js';
import { path, type Answer } from '../../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import {
  all,
  edit,
  machineOf,
  sync,
  syncPartly,
  syncQuietly,
  tagsOf,
  watchedSync,
} from '../../contract/sync/target.js';
import type { NetBoxSimulatorOptions } from '../../simulator/netbox/index.js';
import type { Estate } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const form = '/virtualization/virtual-machines/interfaces/create';
const stage = `${form}/stream`;
const before = [
  '/dcim/devices/create/stream',
  '/virtualization/virtual-machines/create/stream?sync_vm_network=false',
] as const;

const macOf = (vmid: number, n = 0): string =>
  `BC:24:11:00:${String(vmid % 100).padStart(2, '0')}:${String(n).padStart(2, '0')}`;

/** A guest with an agent that reports `ens18` on its only device. */
const reporting = (vmid: number): Parameters<typeof aGuest>[0] => ({
  vmid,
  config: { agent: '1', net0: `virtio=${macOf(vmid)},bridge=vmbr0,tag=20` },
  agent: {
    state: 'running',
    interfaces: [{ name: 'ens18', 'hardware-address': macOf(vmid).toLowerCase(), 'ip-addresses': [] }],
  },
});

describe('the stage of VM interfaces', () => {
  let target: SimulatedTarget;
  let lab: EstateCluster;
  afterEach(() => target.close());

  async function open(estate: Estate, netbox: NetBoxSimulatorOptions = {}): Promise<void> {
    target = await openSimulated(estate, { netbox });
    for (const at of before) await sync(target, at);
  }
  async function openLab(vmids: readonly number[] = [100, 101], netbox: NetBoxSimulatorOptions = {}): Promise<void> {
    lab = aCluster({ guests: vmids.map(reporting) });
    await open(anEstate(lab), netbox);
  }
  const interfaces = (): Promise<Answer['body'][]> => all(target, path.vmInterfaces);
  const warningsOf = ({ complete }: Awaited<ReturnType<typeof sync>>, reason: string) =>
    (complete.result!.warnings ?? []).filter((warning) => warning.reason === reason);
  const guest = (vmid: number): EstateGuest => lab.guests.get(vmid)!;

  it('answers the interfaces as objects', async () => {
    await openLab();

    const { status, body } = await target.world.ask('GET', form);

    expect(status).toBe(200);
    expect(body).toEqual([
      { id: expect.any(Number), mac_address: macOf(100), interface: 'net0' },
      { id: expect.any(Number), mac_address: macOf(101), interface: 'net0' },
    ]);
  });

  describe.each(['4.5.9', '4.6.8'] as const)('in NetBox %s', (version) => {
    it('MAC address objects are made and linked, and replaced when they change', async () => {
      await openLab([100], { version });
      await sync(target, stage);
      await syncQuietly(target, stage);
      const [made] = await all(target, path.macAddresses);
      expect([made.mac_address, tagsOf(made)]).toEqual([macOf(100), ['proxbox']]);

      setConfig(lab, 100, 'net0', `virtio=${macOf(100, 9)},bridge=vmbr0`);
      await target.world.restart();
      await sync(target, stage);

      const [row] = await interfaces();
      const macs = await all(target, path.macAddresses);
      expect(macs.map((mac) => [mac.mac_address, mac.assigned_object_id])).toEqual([[macOf(100, 9), row.id]]);
      expect(row.primary_mac_address.id).toBe(macs[0].id);
      await syncQuietly(target, stage);
    });

    it('an object that a run left behind without its interface is used', async () => {
      await openLab([100], { version });
      await target.netbox.create(path.macAddresses, { mac_address: macOf(100), tags: [{ slug: 'proxbox' }] });

      await sync(target, stage);

      expect(await all(target, path.macAddresses)).toHaveLength(1);
      expect((await interfaces())[0].mac_address).toBe(macOf(100));
    });
  });

  it('a MAC address object of an operator is not deleted when another address takes its place', async () => {
    await openLab([100]);
    await sync(target, stage);
    const [mac] = await all(target, path.macAddresses);
    await edit(target, path.macAddresses, mac.id, { description: 'sticker on the back' });
    setConfig(lab, 100, 'net0', `virtio=${macOf(100, 9)},bridge=vmbr0`);
    await target.world.restart();

    await sync(target, stage);

    const macs = await all(target, path.macAddresses);
    expect(macs.map((one) => one.mac_address).sort()).toEqual([macOf(100), macOf(100, 9)]);
    expect((await interfaces())[0].mac_address).toBe(macOf(100, 9));
    await syncQuietly(target, stage);
  });

  it.each(['sync_mode_mac=disabled', 'sync_vm_interface_macs=false'])(
    '%s leaves MAC addresses alone',
    async (query) => {
      await openLab();

      await sync(target, `${stage}?${query}`);

      expect((await interfaces()).map((row) => row.mac_address)).toEqual([null, null]);
      expect(await all(target, path.macAddresses)).toEqual([]);
    },
  );

  it('sync_mode_vm_interface=bootstrap_only creates once', async () => {
    await openLab();
    const query = `${stage}?sync_mode_vm_interface=bootstrap_only`;
    await sync(target, query);
    setConfig(lab, 100, 'net0', `virtio=${macOf(100, 9)},bridge=vmbr7,tag=99,link_down=1`);
    await target.world.restart();

    await syncQuietly(target, query);

    expect((await interfaces())[0]).toMatchObject({ mac_address: macOf(100), enabled: true });
  });

  it('the tags an operator chose stay, with and without overwrite_vm_interface_tags', async () => {
    await openLab([100]);
    await sync(target, stage);
    const tag = await target.netbox.create(path.tags, { name: 'mine', slug: 'mine' });
    await edit(target, path.vmInterfaces, (await interfaces())[0].id, { tags: [tag.id] });
    await target.world.restart();

    await syncQuietly(target, `${stage}?overwrite_vm_interface_tags=false`);
    await sync(target, stage);

    expect(tagsOf((await interfaces())[0])).toEqual(['mine']);
  });

  it('overwrite_vm_interface_custom_fields=false records no bridges', async () => {
    await openLab();

    await sync(target, `${stage}?overwrite_vm_interface_custom_fields=false`);

    expect(await all(target, path.vmInterfaceState)).toEqual([]);
    expect(await interfaces()).toHaveLength(2);
  });

  it('a selection reads and writes its machines alone', async () => {
    await openLab();
    const { machine } = await machineOf(target, 101);

    const { writes } = await watchedSync(target, `${stage}?netbox_vm_ids=${machine.id}`);

    expect((await interfaces()).map((row) => row.virtual_machine.id)).toEqual([machine.id]);
    expect(writes.filter((line) => line.endsWith(path.vmInterfaces))).toHaveLength(1);
  });

  it('two clusters with equal VMIDs do not mix', async () => {
    const guests = [reporting(100)];
    await open(anEstate(aCluster({ guests }), aCluster({ name: 'edge', guests })));
    await sync(target, stage);
    const machines = [(await machineOf(target, 100)).machine, (await machineOf(target, 100, 'edge')).machine];

    const rows = await interfaces();

    expect(rows.map((row) => row.virtual_machine.id).sort()).toEqual(machines.map(({ id }) => id).sort());
    const vlans = new Set(rows.map((row) => row.untagged_vlan.id));
    expect(vlans.size).toBe(2);
    const states = await all(target, path.vmInterfaceState);
    const bridges = await all(target, path.deviceInterfaces);
    for (const row of rows) {
      const state = states.find((one) => one.vm_interface.id === row.id);
      const device = bridges.find(({ id }) => id === state.proxbox_bridge.id).device.id;
      expect(device).toBe(machines.find(({ id }) => id === row.virtual_machine.id)!.device.id);
    }
    await syncQuietly(target, stage);
  });

  it('a VLAN is found by number, site and tenant, and never renamed', async () => {
    await openLab([100]);
    const { machine } = await machineOf(target, 100);
    const own = await target.netbox.create(path.vlans, { vid: 20, name: 'servers', site: machine.site.id });
    await target.netbox.create(path.vlans, { vid: 20, name: 'elsewhere' });

    await sync(target, stage);

    expect((await interfaces())[0].untagged_vlan.id).toBe(own.id);
    expect((await all(target, path.vlans)).map(({ name }) => name).sort()).toEqual(['elsewhere', 'servers']);
  });

  it('without the permission to write VLANs interfaces are written without, and one warning per VLAN says so', async () => {
    await openLab();
    target.simulator.faults.add({
      match: { method: 'POST', path: /ipam\/vlans/ },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });

    const { complete } = await target.world.stream(stage);

    expect(complete.result!.kinds['vm-interface']).toMatchObject({ created: 2, failed: 0 });
    expect((await interfaces()).map((row) => [row.name, row.untagged_vlan])).toEqual([
      ['net0', null],
      ['net0', null],
    ]);
    expect(JSON.stringify(complete.result!.warnings)).toContain('vlan_unavailable');
  });

  it('a guest whose configuration cannot be read loses nothing', async () => {
    await openLab();
    await sync(target, stage);
    target.world.proxmox[0]!.faults.add({
      match: { path: /qemu\/100\/config/ },
      action: { status: 500, reason: 'oops' },
    });
    setConfig(lab, 101, 'net0', `virtio=${macOf(101)},bridge=vmbr0,link_down=1`);
    const rows = await interfaces();
    await target.world.restart();

    const { complete } = await target.world.stream(stage);

    expect(complete.result).toMatchObject({ reasons: { config_unreadable: 1 } });
    expect(complete.result!.kinds['vm-interface']).toMatchObject({ updated: 1, failed: 0 });
    expect(await interfaces()).toHaveLength(rows.length);
  });

  it('agents that cannot be asked are told once per reason and endpoint', async () => {
    lab = aCluster({
      guests: [
        ...[100, 101, 102].map((vmid) => ({ ...reporting(vmid), status: 'stopped' as const })),
        { ...reporting(103), config: { net0: `virtio=${macOf(103)},bridge=vmbr0` } },
        { ...reporting(104), agent: { state: 'silent' as const } },
        reporting(105),
      ],
    });
    await open(anEstate(lab));
    target.world.proxmox[0]!.faults.add({
      match: { path: /qemu\/105\/agent/ },
      action: { status: 403, reason: 'Permission check failed (/vms/105, VM.GuestAgent.Audit)' },
    });

    const run = await syncPartly(target, stage, ['privilege_missing']);

    expect(warningsOf(run, 'guest_stopped').map(({ message }) => message)).toEqual([
      expect.stringContaining('3 QEMU guests (100 "guest-100", 101 "guest-101", 102 "guest-102") of endpoint "lab'),
    ]);
    expect(warningsOf(run, 'agent_disabled')[0]!.message).toContain('1 QEMU guest (103 "guest-103") of endpoint "lab');
    expect(warningsOf(run, 'agent_not_running')).toHaveLength(1);
    const [privilege] = warningsOf(run, 'privilege_missing');
    expect(privilege!.message).toContain('VM.GuestAgent.Audit');
    expect(privilege!.message).toContain('pveum');
    expect(await interfaces()).toHaveLength(6);
  });

  it('devices without a MAC address, and with that of another, are told', async () => {
    await openLab([100]);
    setConfig(lab, 100, 'net1', `virtio=${macOf(100)},bridge=vmbr0`);
    setConfig(lab, 100, 'net2', 'model=virtio,bridge=vmbr0');
    await target.world.restart();

    const run = await sync(target, stage);

    expect(warningsOf(run, 'duplicate_mac')[0]!.message).toContain('net1');
    expect(warningsOf(run, 'mac_missing')[0]!.message).toContain('net2');
    expect((await interfaces()).map((row) => row.mac_address)).toEqual([macOf(100), macOf(100), null]);
    const [inside] = await all(target, path.guestInterfaces);
    expect(inside.vm_interface.name).toBe('net0');
    expect(guest(100).config['net1']).toBeDefined();
  });

  it('a guest interface whose row an operator gave the core interface to does not take it', async () => {
    await openLab([100]);
    await sync(target, `${stage}?vm_interface_sync_strategy=legacy_rename&use_guest_agent_interface_name=false`);
    const { machine } = await machineOf(target, 100);
    const [core] = await interfaces();
    await target.netbox.create(path.guestInterfaces, {
      virtual_machine: { id: machine.id },
      vm_interface: { id: core.id },
      name: 'uplink',
    });

    await sync(target, stage);

    const rows = await all(target, path.guestInterfaces);
    expect(Object.fromEntries(rows.map((row) => [row.name, row.vm_interface?.id ?? null]))).toEqual({
      uplink: core.id,
      ens18: null,
    });
    await syncQuietly(target, stage);
  });

  it.each([
    ['that swap their MAC addresses', [1, 0, null]],
    ['of which one has none any more, and the next ones have those before', [null, 0, 1]],
    ['of which a third one takes over from the second', [0, null, 1]],
  ])('guest interfaces %s have the right core interfaces after one run', async (_what, macs) => {
    const inside = (...macs: readonly (number | null)[]) =>
      macs.map((nic, n) => ({
        name: `ens${18 + n}`,
        'hardware-address': (nic === null ? 'bc:24:11:ff:ff:ff' : macOf(100, nic)).toLowerCase(),
        'ip-addresses': [],
      }));
    lab = aCluster({
      guests: [
        {
          vmid: 100,
          config: {
            agent: '1',
            net0: `virtio=${macOf(100, 0)},bridge=vmbr0`,
            net1: `virtio=${macOf(100, 1)},bridge=vmbr0`,
          },
          agent: { state: 'running', interfaces: inside(0, 1, null) },
        },
      ],
    });
    await open(anEstate(lab));
    await sync(target, stage);
    setAgent(lab, 100, { interfaces: inside(...macs) });
    await target.world.restart();

    await sync(target, stage);

    const rows = await all(target, path.guestInterfaces);
    expect(rows.map((row) => row.vm_interface?.name ?? null)).toEqual(
      macs.map((nic) => (nic === null ? null : `net${nic}`)),
    );
    await target.world.restart();
    await syncQuietly(target, stage);
  });

  it('a run of the machines alone goes on with their interfaces', async () => {
    await openLab();

    await sync(target, '/virtualization/virtual-machines/create/stream?sync_vm_network=true');

    expect(await interfaces()).toHaveLength(2);
  });

  it('200 guests cost a fixed number of requests where everything is read', async () => {
    const clock = createSteppedClock();
    const estate = createEstate({ vms: 200, clusters: 2, nodesPerCluster: 3, seed: 4 });
    target = await openSimulated(estate, { clock, variables: { PROXBOX_FULL_READ_HOURS: '0' } });
    for (const at of [...before, stage]) await sync(target, at);
    clock.step(3_600_000);

    const quiet = await watchedSync(target, stage);

    expect(quiet.writes).toEqual([]);
    expect(quiet.requests).toBe(21);

    clock.step(3_600_000);
    addGuest(
      estate.clusters[0]!,
      aGuest({ ...reporting(9001), node: estate.clusters[0]!.nodes[0]!.name }, estate.clusters[0]!.nodes[0]!.name),
    );
    await sync(target, before[1]);
    const grown = await watchedSync(target, stage);

    expect(grown.writes.length).toBeLessThanOrEqual(5);
  });
});
