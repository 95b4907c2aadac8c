/** MAC addresses that move among interfaces: every row keeps its id and texts, none is doubled, and the next run writes nothing. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncPartly, syncQuietly } from '../../contract/sync/target.js';
import { removeGuest, setConfig, type EstateCluster } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const stage = '/virtualization/virtual-machines/interfaces/create/stream';
const releases = ['4.7.3', '4.6.8', '4.5.9'] as const;
const mac = (n: number): string => `BC:24:11:00:00:0${n}`;
const device = (n: number): string => `virtio=${mac(n)},bridge=vmbr0`;

const aLab = (guests: Readonly<Record<number, Readonly<Record<string, string>>>>): EstateCluster =>
  aCluster({
    guests: Object.entries(guests).map(([vmid, nics]) => ({
      vmid: Number(vmid),
      name: `host${vmid}`,
      config: { scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, ...nics },
    })),
  });

let target: SimulatedTarget;

/** `host100 net0`, by MAC address; every row that an interface has as its primary one. */
async function places(): Promise<Record<string, string>> {
  const rows = await all(target, path.vmInterfaces);
  return Object.fromEntries(
    rows
      .filter((row) => row.primary_mac_address !== null)
      .map((row) => [row.primary_mac_address.mac_address, `${row.virtual_machine.name} ${row.name}`]),
  );
}

const rowOf = (n: number) => one(target, path.macAddresses, `mac_address=${mac(n)}`);

describe.each(releases)('in NetBox %s', (version) => {
  const clock = createSteppedClock();
  let lab: EstateCluster;
  afterEach(() => target.close());

  /** The first run, after which an operator writes on the row of the first MAC address. */
  async function open(guests: Parameters<typeof aLab>[0]): Promise<number> {
    lab = aLab(guests);
    target = await openSimulated(anEstate(lab), { netbox: { version }, clock });
    await sync(target);
    const tag = await target.netbox.create(path.tags, { name: 'label', slug: 'label' });
    const { id } = await rowOf(1);
    await edit(target, path.macAddresses, id, { description: 'on the label', comments: 'mine', tags: [tag.id] });
    return id;
  }

  async function runAgain(): Promise<void> {
    clock.step(3_600_000);
    await sync(target);
    clock.step(3_600_000);
    await syncQuietly(target);
  }

  const kept = (id: number) => ({ id, description: 'on the label', comments: 'mine' });

  it('two interfaces of one guest swap theirs', async () => {
    const id = await open({ 100: { net0: device(1), net1: device(2) } });
    const before = await rowOf(2);
    setConfig(lab, 100, 'net0', device(2));
    setConfig(lab, 100, 'net1', device(1));

    await runAgain();

    expect(await places()).toEqual({ [mac(1)]: 'host100 net1', [mac(2)]: 'host100 net0' });
    expect(await all(target, path.macAddresses)).toHaveLength(2);
    const row = await rowOf(1);
    expect(row).toMatchObject({ ...kept(id), assigned_object: { name: 'net1' } });
    expect(row.tags.map(({ slug }: { slug: string }) => slug)).toContain('label');
    expect((await rowOf(2)).id).toBe(before.id);
  });

  it('two guests swap theirs', async () => {
    const id = await open({ 100: { net0: device(1) }, 101: { net0: device(2) } });
    const before = await rowOf(2);
    setConfig(lab, 100, 'net0', device(2));
    setConfig(lab, 101, 'net0', device(1));

    await runAgain();

    expect(await places()).toEqual({ [mac(1)]: 'host101 net0', [mac(2)]: 'host100 net0' });
    expect(await rowOf(1)).toMatchObject(kept(id));
    expect((await rowOf(2)).id).toBe(before.id);
  });

  it('a network device passes to another guest, where it is new, and to another slot', async () => {
    const id = await open({ 100: { net0: device(2), net1: device(1) }, 101: { net0: device(3) } });
    setConfig(lab, 100, 'net1', null);
    setConfig(lab, 101, 'net1', device(1));
    await runAgain();

    expect(await places()).toEqual({ [mac(1)]: 'host101 net1', [mac(2)]: 'host100 net0', [mac(3)]: 'host101 net0' });
    expect(await rowOf(1)).toMatchObject(kept(id));

    setConfig(lab, 101, 'net1', null);
    setConfig(lab, 101, 'net5', device(1));
    await runAgain();

    expect((await places())[mac(1)]).toBe('host101 net5');
    expect(await rowOf(1)).toMatchObject(kept(id));
    expect(await all(target, path.macAddresses)).toHaveLength(3);
  });

  it('a guest that gets a new one, and whose own another guest takes, has that and no second one', async () => {
    const id = await open({ 100: { net0: device(1) }, 101: { net0: device(2) } });
    setConfig(lab, 100, 'net0', device(3));
    setConfig(lab, 101, 'net0', device(1));

    await runAgain();

    expect(await places()).toEqual({ [mac(1)]: 'host101 net0', [mac(3)]: 'host100 net0' });
    expect(await rowOf(1)).toMatchObject(kept(id));
    // Nothing of an operator was on it, and nobody has it any more.
    expect(await all(target, path.macAddresses, `&mac_address=${mac(2)}`)).toEqual([]);
  });

  it('two guests that both have one have a row each', async () => {
    const id = await open({ 100: { net0: device(1) }, 101: { net0: device(2) } });
    setConfig(lab, 101, 'net0', device(1));

    await runAgain();

    const rows = await all(target, path.macAddresses);
    expect(rows.map((row) => [row.mac_address, row.assigned_object.virtual_machine.name]).sort()).toEqual([
      [mac(1), 'host100'],
      [mac(1), 'host101'],
    ]);
    expect(rows.find((row) => row.id === id)).toMatchObject({
      assigned_object: { virtual_machine: { name: 'host100' } },
    });
  });

  it('one of a guest that is gone goes to the living guest that has it now', async () => {
    const id = await open({ 100: { net0: device(1) }, 101: { net0: device(2) } });
    const { machine } = await machineOf(target, 100);
    removeGuest(lab, 100);
    setConfig(lab, 101, 'net0', device(1));

    await runAgain();

    expect(await places()).toEqual({ [mac(1)]: 'host101 net0' });
    expect(await rowOf(1)).toMatchObject(kept(id));
    expect((await target.netbox.get(`${path.vms}${machine.id}/`)).body).toMatchObject({
      name: machine.name,
      status: machine.status,
    });
  });

  it('one stays with a guest whose absence is not proven', async () => {
    const id = await open({ 100: { net0: device(1) }, 101: { net0: device(2) } });
    target.world.proxmox[0]!.faults.add({
      match: { path: /cluster\/nextid/ },
      action: { status: 500, reason: 'no', body: { data: null } },
    });
    removeGuest(lab, 100);
    setConfig(lab, 101, 'net0', device(1));

    await runAgain();

    const rows = await all(target, path.macAddresses, `&mac_address=${mac(1)}`);
    expect(rows.map((row) => row.assigned_object.virtual_machine.name).sort()).toEqual(['host100', 'host101']);
    expect(rows.find((row) => row.id === id)).toMatchObject({
      assigned_object: { virtual_machine: { name: 'host100' } },
    });
  });

  it('one that a hidden guest may have stays until that is read, and has it then', async () => {
    await open({ 100: { net0: device(2) }, 101: { net0: device(1) } });
    const row = await rowOf(2);
    const [tag] = await all(target, path.tags, '&slug=proxbox');
    setConfig(lab, 100, 'net0', device(1));
    setConfig(lab, 101, 'net0', device(2));
    const isHidden = { match: { path: /qemu\/101\/config/ }, action: { status: 403, reason: 'no' } as const };
    target.world.proxmox[0]!.faults.add(isHidden);

    for (let n = 0; n < 2; n += 1) {
      clock.step(3_600_000);
      await target.world.stream(stage);
    }

    expect(await rowOf(2)).toMatchObject({ id: row.id, assigned_object: { name: 'net0' }, tags: [{ id: tag!.id }] });
    expect(await places()).toMatchObject({ [mac(1)]: expect.any(String) });

    target.world.proxmox[0]!.faults.clear();
    await runAgain();

    expect(await places()).toEqual({ [mac(1)]: 'host100 net0', [mac(2)]: 'host101 net0' });
    expect((await rowOf(2)).id).toBe(row.id);
    expect((await rowOf(2)).tags).toEqual(row.tags);
  });

  it('one that nobody has goes as soon as every guest was read', async () => {
    await open({ 100: { net0: device(2) }, 101: { net0: device(1) } });
    const { machine } = await machineOf(target, 100);
    setConfig(lab, 100, 'net0', device(3));
    clock.step(3_600_000);
    await sync(target, `${stage}?netbox_vm_ids=${machine.id}`);
    expect((await rowOf(2)).tags).toHaveLength(1);

    await runAgain();

    expect(await all(target, path.macAddresses, `&mac_address=${mac(2)}`)).toEqual([]);
  });

  it('one that the token may not view is not replaced, which is told, until it may; then none is left behind', async () => {
    await open({ 100: { net0: device(2) }, 101: { net0: device(1) } });
    setConfig(lab, 100, 'net0', device(3));
    setConfig(lab, 100, 'net1', device(4));
    for (const token of target.simulator.tokens.all()) token.cannotView.add('dcim/mac-addresses');
    clock.step(3_600_000);
    const { complete } = await syncPartly(target, undefined, ['forbidden']);

    expect(complete.result?.warnings).toContainEqual(
      expect.objectContaining({
        reason: 'forbidden',
        message: expect.stringContaining('none is replaced or removed until the token may view them'),
      }),
    );
    for (const token of target.simulator.tokens.all()) token.cannotView.clear();
    expect(await places()).toMatchObject({ [mac(2)]: 'host100 net0', [mac(4)]: 'host100 net1' });

    await runAgain();

    expect(await places()).toMatchObject({ [mac(3)]: 'host100 net0', [mac(4)]: 'host100 net1' });
    expect(await all(target, path.macAddresses, `&mac_address=${mac(2)}`)).toEqual([]);
  });

  it('one that an operator wrote about stays as it was, also where another guest might have had it meanwhile', async () => {
    await open({ 100: { net0: device(2) }, 101: { net0: device(1) } });
    const { machine } = await machineOf(target, 100);
    const row = await rowOf(2);
    const entry = { assigned_object_type: 'dcim.macaddress', assigned_object_id: row.id, comments: 'on the label' };
    await target.netbox.create('/api/extras/journal-entries/', entry);
    setConfig(lab, 100, 'net0', device(3));
    clock.step(3_600_000);
    await sync(target, `${stage}?netbox_vm_ids=${machine.id}`);

    await runAgain();

    expect(await rowOf(2)).toMatchObject({ id: row.id, tags: row.tags });
  });

  it('a further one that an operator gave an interface stays', async () => {
    await open({ 100: { net0: device(1) } });
    const [port] = await all(target, path.vmInterfaces);
    const theirs = await target.netbox.create(path.macAddresses, {
      mac_address: mac(5),
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: port.id,
    });
    setConfig(lab, 100, 'net0', device(3));

    await runAgain();

    expect(await rowOf(5)).toMatchObject({ id: theirs.id, assigned_object: { id: port.id }, tags: [] });
  });

  it('a guest that is synced alone gets that of one which has let go of it, and none from one that has it still', async () => {
    const id = await open({ 100: { net0: device(1) }, 101: { net0: device(2) } });
    const { machine } = await machineOf(target, 101);
    const alone = `${stage}?netbox_vm_ids=${machine.id}`;
    setConfig(lab, 101, 'net0', device(1));
    clock.step(3_600_000);
    await sync(target, alone);
    const both = await all(target, path.macAddresses, `&mac_address=${mac(1)}`);
    expect(both.map((row) => row.assigned_object.virtual_machine.name).sort()).toEqual(['host100', 'host101']);

    setConfig(lab, 101, 'net0', device(4));
    clock.step(3_600_000);
    await sync(target);
    setConfig(lab, 100, 'net0', device(3));
    setConfig(lab, 101, 'net0', device(1));
    clock.step(3_600_000);
    await sync(target, alone);

    expect(await places()).toEqual({ [mac(1)]: 'host101 net0' });
    expect(await rowOf(1)).toMatchObject(kept(id));
    await syncQuietly(target, alone);
    await runAgain();
    expect(await places()).toEqual({ [mac(1)]: 'host101 net0', [mac(3)]: 'host100 net0' });
    expect(await rowOf(1)).toMatchObject(kept(id));
  });

  it('one that a device of the operator has stays there: nobody knows whether it still has it', async () => {
    await open({ 100: { net0: device(1) } });
    const [port] = await all(target, path.deviceInterfaces);
    const theirs = await target.netbox.create(path.macAddresses, {
      mac_address: mac(4),
      assigned_object_type: 'dcim.interface',
      assigned_object_id: port.id,
    });
    setConfig(lab, 100, 'net1', device(4));

    await runAgain();

    const rows = await all(target, path.macAddresses, `&mac_address=${mac(4)}`);
    expect(rows.map(({ assigned_object_type: type }) => type).sort()).toEqual([
      'dcim.interface',
      'virtualization.vminterface',
    ]);
    expect(rows.find((row) => row.id === theirs.id)).toMatchObject({ assigned_object_id: port.id, tags: [] });
  });

  it('sync_mode_mac=bootstrap_only moves none', async () => {
    const id = await open({ 100: { net0: device(1) }, 101: { net0: device(2) } });
    const once = `${stage}?sync_mode_mac=bootstrap_only`;
    await sync(target, once);
    setConfig(lab, 100, 'net0', device(2));
    setConfig(lab, 101, 'net0', device(1));
    clock.step(3_600_000);

    await syncQuietly(target, once);

    expect(await places()).toEqual({ [mac(1)]: 'host100 net0', [mac(2)]: 'host101 net0' });
    expect(await rowOf(1)).toMatchObject(kept(id));
  });
});

describe.each(['4.7.3', '4.6.8'] as const)('MAC addresses that move at random in NetBox %s', (version) => {
  const vmids = [100, 101, 102];
  const ports = vmids.flatMap((vmid) => ['net0', 'net1'].map((name) => ({ vmid, name })));
  const macs = ports.map((_, n) => n + 1);
  /** Of each port, the MAC address that its device has; 0: there is no device. */
  const everywhere = fc
    .tuple(fc.shuffledSubarray(macs, { minLength: 6 }), fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
    .map(([order, isThere]) => order.map((n, index) => (isThere[index]! ? n : 0)));
  const nicsOf = (all: readonly number[], vmid: number) =>
    ports.flatMap((port, n) => (port.vmid === vmid ? [[port.name, all[n]!] as const] : []));
  const lab = aLab(
    Object.fromEntries(
      vmids.map((vmid) => [vmid, Object.fromEntries(nicsOf(macs, vmid).map(([name, n]) => [name, device(n)]))]),
    ),
  );
  const clock = createSteppedClock();
  let ids: ReadonlyMap<string, number>;

  beforeAll(async () => {
    target = await openSimulated(anEstate(lab), { netbox: { version }, clock });
    await sync(target);
    const rows = await all(target, path.macAddresses);
    for (const row of rows) await edit(target, path.macAddresses, row.id, { description: `of ${row.mac_address}` });
    ids = new Map(rows.map((row) => [row.mac_address, row.id]));
  });
  afterAll(() => target.close());

  it('keep their rows, however they move', async () => {
    await fc.assert(
      fc.asyncProperty(everywhere, async (wanted) => {
        for (const vmid of vmids)
          for (const [name, n] of nicsOf(wanted, vmid)) setConfig(lab, vmid, name, n === 0 ? null : device(n));
        clock.step(3_600_000);
        await sync(target, stage);

        const rows = await all(target, path.macAddresses);
        expect(new Map(rows.map((row) => [row.mac_address, row.id]))).toEqual(ids);
        expect(rows).toHaveLength(ids.size);
        for (const row of rows) expect(row.description).toBe(`of ${row.mac_address}`);
        const has = await places();
        for (const [n, { vmid, name }] of ports.entries())
          if (wanted[n]! !== 0) expect(has[mac(wanted[n]!)]).toBe(`host${vmid} ${name}`);
        clock.step(3_600_000);
        await syncQuietly(target, stage);
      }),
      { seed: 20261127, numRuns: 30, endOnFailure: true },
    );
  });
});
