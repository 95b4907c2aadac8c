/** VLANs of guests in estates that operators arranged: groups, tenants, choices of their own. */
import { afterEach, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, sync, syncQuietly } from '../../contract/sync/target.js';
import { addGuest } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

const inVlan = (vmid: number, tag: number) => ({
  vmid,
  config: {
    scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
    net0: `virtio=BC:24:11:00:00:${vmid % 100},bridge=vmbr0,tag=${tag}`,
  },
});

async function openLab(): Promise<void> {
  target = await openSimulated(
    anEstate(aCluster({ nodes: ['pve1'], guests: [110, 111, 112].map((n) => inVlan(n, 120)) })),
  );
}

const create = (at: string, data: object) => target.simulator.operator.create(at, { ...data });
const numbers = async () => (await all(target, path.vlans, '&vid=120')).map(({ vid }) => vid);
const vlanIds = async (): Promise<number[]> =>
  (await all(target, path.vmInterfaces)).map((row) => row.untagged_vlan.id).sort();

it('two tenants in one VLAN share it, and a name that an operator gave stays', async () => {
  await openLab();
  await sync(target);
  for (const [vmid, slug] of [
    [110, 'acme'],
    [111, 'globex'],
  ] as const) {
    const tenant = create('tenancy/tenants', { name: slug, slug });
    target.simulator.operator.update(path.vms, (await machineOf(target, vmid)).machine.id, { tenant: tenant.id });
  }
  const [vlan] = await all(target, path.vlans, '&vid=120');
  target.simulator.operator.update(path.vlans, vlan.id, { name: 'servers' });
  await target.world.restart();

  await syncQuietly(target);
  await syncQuietly(target);

  expect((await all(target, path.vlans, '&vid=120')).map(({ name }) => name)).toEqual(['servers']);
});

it('a VLAN that exists for everybody, or in a group of the region of the site, is used', async () => {
  await openLab();
  await sync(target, '/dcim/devices/create/stream');
  const region = create('dcim/regions', { name: 'Land', slug: 'land' });
  const [site] = await all(target, path.sites);
  target.simulator.operator.update(path.sites, site.id, { region: region.id });
  const away = create('dcim/sites', { name: 'Away', slug: 'away' });
  const group = (slug: string, scope: object) => create('ipam/vlan-groups', { name: slug, slug, ...scope }).id;
  const covering = group('land', { scope_type: 'dcim.region', scope_id: region.id });
  const other = group('away', { scope_type: 'dcim.site', scope_id: away.id });
  create('ipam/vlans', { vid: 120, name: 'not here', group: other });
  const ours = create('ipam/vlans', { vid: 120, name: 'land', group: covering });
  await target.world.restart();

  await sync(target);

  expect(await vlanIds()).toEqual([ours.id, ours.id, ours.id]);
  expect(await numbers()).toEqual([120, 120]);
  await syncQuietly(target);
  await syncQuietly(target);
});

it('the VLAN that an operator put on an interface stays when its number is right, and goes when it is not', async () => {
  await openLab();
  await sync(target);
  const own = create('ipam/vlans', { vid: 120, name: 'mine' });
  const wrong = create('ipam/vlans', { vid: 121, name: 'wrong' });
  const [first, second] = await all(target, path.vmInterfaces);
  target.simulator.operator.update(path.vmInterfaces, first.id, { untagged_vlan: own.id });
  target.simulator.operator.update(path.vmInterfaces, second.id, { untagged_vlan: wrong.id });
  await target.world.restart();

  await sync(target);

  const [one, two, three] = await all(target, path.vmInterfaces);
  expect(one.untagged_vlan.id).toBe(own.id);
  expect(two.untagged_vlan.id).toBe(three.untagged_vlan.id);
  await syncQuietly(target);
  await syncQuietly(target);
});

it('a VLAN that may not be viewed is not made a second time: other interfaces of the site wait for it', async () => {
  const lab = aCluster({ nodes: ['pve1', 'pve2'], guests: [inVlan(110, 120)] });
  const onNode = { iface: 'vmbr0.120', type: 'vlan', 'vlan-id': 120, 'vlan-raw-device': 'vmbr0', active: 1 };
  lab.nodes[0]!.network.push({ ...onNode });
  // What is remembered of lists from before would be taken for what may be viewed.
  target = await openSimulated(anEstate(lab), { variables: { PROXBOX_FULL_READ_HOURS: '0' } });
  await sync(target);
  const [vlan] = await all(target, path.vlans, '&vid=120');
  for (const token of target.simulator.tokens.all()) token.mayViewOnly.set('ipam/vlans', ({ id }) => id !== vlan.id);
  addGuest(lab, { ...inVlan(111, 120), name: 'late', node: 'pve1' });
  lab.nodes[1]!.network.push({ ...onNode });
  await target.world.ask('GET', '/clear-cache');
  const inOne = () =>
    [path.vmInterfaces, path.deviceInterfaces].flatMap((at) =>
      target.simulator.state.objects(at).filter((row) => row['untagged_vlan'] === vlan.id),
    );

  for (const run of [1, 2, 3]) {
    const seen = await target.watch(async () => {
      const { frames } = await target.world.stream('/full-update/stream');
      const text = JSON.stringify(frames).replaceAll('\\"', '"');
      for (const what of ['net0 of "late" is written without VLAN 120', '"vmbr0.120" of "pve2" is written without'])
        expect(text, `run ${run}`).toContain(what);
      expect(text, `run ${run}`).toContain('may not view it');
    });
    if (run > 1) expect(seen, `run ${run}`).toMatchObject({ writes: [], changes: 0 });
  }
  expect(target.simulator.state.objects(path.vlans).filter(({ vid }) => vid === 120)).toHaveLength(1);
  expect(inOne()).toHaveLength(2);

  for (const token of target.simulator.tokens.all()) token.mayViewOnly.clear();
  await target.world.ask('GET', '/clear-cache');
  await sync(target);
  expect(inOne()).toHaveLength(4);
  await syncQuietly(target);
});
