/** Whose rows of software-defined networks are, under whatever name, and what proves that one is gone. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { anEstate } from '../../contract/sync/estates.js';
import { sdnStage, tables } from '../../contract/sync/sdn.js';
import { aNetworkedCluster } from '../../contract/sync/sdn-estate.js';
import { all, edit, one, sync, syncPartly, syncQuietly, tagsOf } from '../../contract/sync/target.js';
import { setNodeOnline } from '../../simulator/estate/index.js';
import { pveum, root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const whole = '/full-update/stream?sync_mode_sdn=always';
let target: SimulatedTarget;
afterEach(() => target.close());

const office = () => one(target, path.l2vpns, 'identifier=11000');
/** The VNet `office` of the zone `overlay` goes into another one. */
const moveOffice = ({ sdn }: ReturnType<typeof aNetworkedCluster>): void => {
  for (const row of [...sdn.vnets, ...sdn.subnets])
    if (row['vnet'] === 'office') Object.assign(row, { zone: 'tunnel', ...('tag' in row ? { tag: 13_000 } : {}) });
};

describe('clusters that exchange their names', () => {
  const nodes = ['x1', 'x2', 'x3'];
  const two = () => [
    aNetworkedCluster(),
    aNetworkedCluster({ name: 'edge', nodes, network: '198.51.100', guests: [{ vmid: 300, node: 'x1' }] }),
  ];
  /** By endpoint what each row is about, without what its cluster is called. */
  const rows = async () => {
    const found = await Promise.all(tables.map((table) => all(target, table)));
    return found.map((of) => of.map(({ id, endpoint, vnet_name: vnet }) => [id, endpoint, vnet]));
  };
  const namesOf = async (endpoint: number) =>
    new Set((await all(target, path.sdnZones, `&endpoint=${endpoint}`)).map((row) => row.cluster_name));

  it.each([
    ['in one run', [whole]],
    ['one endpoint after the other', [1, 2].map((id) => `${whole}&proxmox_endpoint_ids=${id}`)],
    ['the other way round', [2, 1].map((id) => `${whole}&proxmox_endpoint_ids=${id}`)],
  ])('keep each its own rows: %s', async (_how, calls) => {
    const [lab, edge] = two();
    target = await openSimulated(anEstate(lab!, edge!));
    await sync(target, whole);
    const before = await rows();
    const [ofLab] = await all(target, path.l2vpns, '&name=Proxbox lab / lab / overlay / office');
    Object.assign(lab!, { name: 'edge' });
    Object.assign(edge!, { name: 'lab' });
    await target.world.restart();

    for (const call of calls) await target.world.stream(call);

    expect(await rows()).toEqual(before);
    expect([await namesOf(1), await namesOf(2)]).toEqual([new Set(['edge']), new Set(['lab'])]);
    expect(await one(target, path.l2vpns, `id=${ofLab!.id}`)).toMatchObject({
      name: 'Proxbox lab / edge / overlay / office',
      slug: 'proxbox-1-edge-overlay-office',
    });
    await target.world.stream(whole);
    await syncQuietly(target, sdnStage);
  });

  it('a run of one touches nothing of the other', async () => {
    const [lab, edge] = two();
    target = await openSimulated(anEstate(lab!, edge!));
    await sync(target, whole);
    const before = await all(target, path.sdnBindings, '&endpoint=2');
    Object.assign(lab!, { name: 'edge' });
    Object.assign(edge!, { name: 'lab' });
    await target.world.restart();

    await sync(target, `${sdnStage}&proxmox_endpoint_ids=1`);

    expect(await all(target, path.sdnBindings, '&endpoint=2')).toEqual(before);
    expect((await all(target, path.l2vpns, '&slug=proxbox-2-edge-overlay-office'))[0]!.name).toBe(
      'Proxbox edge / edge / overlay / office',
    );
  });
});

describe('a standalone host that is renamed', () => {
  it('keeps its rows, but what a node of its former name said of zones', async () => {
    const host = aNetworkedCluster({ name: 'alpha', nodes: ['alpha'], standalone: true, guests: [] });
    for (const zone of host.sdn.zones) delete zone['nodes'];
    target = await openSimulated(anEstate(host));
    await sync(target, whole);
    const zones = (await all(target, path.sdnZones)).map(({ id }) => id);
    Object.assign(host, { name: 'omega' });
    Object.assign(host.nodes[0]!, { name: 'omega' });
    await target.world.restart();

    await sync(target, whole);

    expect((await all(target, path.sdnZones)).map((row) => [row.id, row.cluster_name])).toEqual(
      zones.map((id) => [id, 'omega']),
    );
    const said = await all(target, path.sdnBindings, '&source_type=node-zone');
    expect(said.map((row) => `${row.source_name} ${row.status}`).sort()).toEqual([
      'alpha/overlay stale',
      'alpha/trunk stale',
      'alpha/tunnel stale',
      'omega/overlay available',
      'omega/trunk available',
      'omega/tunnel available',
    ]);
    await syncQuietly(target, sdnStage);
  });

  it('a node that is offline is still one: what it said stays', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab));
    await sync(target, whole);
    setNodeOnline(lab, 'pve2', false);

    await target.world.stream(sdnStage);

    const said = await all(target, path.sdnBindings, '&source_type=node-zone');
    expect(said.filter(({ node }) => node === 'pve2').map(({ status }) => status)).toEqual(Array(3).fill('available'));
  });
});

it('rows that are there under a former name as well are stale, with their L2VPN; those of the present name count', async () => {
  target = await openSimulated(anEstate(aNetworkedCluster()));
  await sync(target, whole);
  const made = await office();
  const proxbox = made.tags.map(({ id }: { id: number }) => id);
  const own = { endpoint: 1, cluster_name: 'former', status: 'active', tags: proxbox };
  const names = { slug: 'proxbox-1-former-overlay-office', name: 'Proxbox lab / former / overlay / office' };
  const former = await target.netbox.create(path.l2vpns, {
    ...names,
    type: 'vxlan-evpn',
    status: 'active',
    tags: proxbox,
  });
  await target.netbox.create(path.sdnZones, { ...own, zone_name: 'overlay' });
  await target.netbox.create(path.sdnVnets, { ...own, vnet_name: 'office', zone_name: 'overlay', l2vpn: former.id });
  await target.netbox.create(path.sdnBindings, {
    ...own,
    source_type: 'vnet',
    source_name: 'overlay/office',
    target_type: 'vpn.l2vpn',
    target_id: former.id,
  });

  const { complete } = await sync(target, sdnStage);

  expect(complete.result).toMatchObject({ stale: 3, created: 0 });
  for (const table of [path.sdnZones, path.sdnVnets]) {
    const [stale] = await all(target, table, '&cluster_name=former');
    expect(stale!.status.value, table).toBe('stale');
  }
  expect(await one(target, path.l2vpns, `id=${former.id}`)).toMatchObject({ status: { value: 'decommissioning' } });
  expect(await office()).toMatchObject({ id: made.id, status: { value: 'active' } });
  await syncQuietly(target, sdnStage);
});

it('an L2VPN under a slug that an operator gave it is found by its VNet, and keeps that slug', async () => {
  target = await openSimulated(anEstate(aNetworkedCluster()));
  await sync(target, whole);
  const { id } = await office();
  await edit(target, path.l2vpns, id, { slug: 'office' });

  await syncQuietly(target, sdnStage);

  expect(await office()).toMatchObject({ id, slug: 'office' });
});

it('one that an operator took over by its tag is linked under a new name of the cluster, too, and not made again', async () => {
  const lab = aNetworkedCluster();
  target = await openSimulated(anEstate(lab));
  await sync(target, whole);
  const { id } = await office();
  const before = await edit(target, path.l2vpns, id, { tags: [], status: 'planned' });
  Object.assign(lab, { name: 'prod' });
  await target.world.restart();

  await sync(target, whole);

  const after = await office();
  expect(tagsOf(after)).toEqual([]);
  expect(after).toMatchObject({ id, slug: before.slug, name: before.name, status: { value: 'planned' } });
  expect(await one(target, path.sdnVnets, 'vnet_name=office')).toMatchObject({ l2vpn: id });
  await syncQuietly(target, sdnStage);
});

describe('the L2VPN of the zone that a VNet left', () => {
  const statusOf = async (slug: string) => (await one(target, path.l2vpns, `slug=${slug}`)).status.value;
  const former = 'proxbox-1-lab-overlay-office';

  it.each(['zones', 'vnets'])('stays while the list of %s cannot be read, and goes when it can', async (list) => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab));
    await sync(target, whole);
    moveOffice(lab);
    const path = new RegExp(`cluster/sdn/${list}$`);
    target.world.proxmox[0]!.faults.add({ match: { path }, action: { status: 500, reason: 'no' } });

    await syncPartly(target, sdnStage, ['read_incomplete']);

    expect(await statusOf(former)).toBe('active');
    target.world.proxmox[0]!.faults.clear();
    await sync(target, sdnStage);
    expect(await statusOf(former)).toBe('decommissioning');
    await syncQuietly(target, sdnStage);
  });

  it('stays while a node without quorum says it', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab));
    await sync(target, whole);
    moveOffice(lab);
    for (const node of ['pve2', 'pve3']) setNodeOnline(lab, node, false);

    await target.world.stream(sdnStage);

    expect(await statusOf(former)).toBe('active');
    for (const node of ['pve2', 'pve3']) setNodeOnline(lab, node, true);
    await sync(target, sdnStage);
    expect(await statusOf(former)).toBe('decommissioning');
  });

  it('is tried again by the next run where NetBox refused: what says which L2VPN it was waits for it', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab));
    await sync(target, whole);
    moveOffice(lab);
    const match = { method: 'PATCH', path: /vpn\/l2vpns\// };
    target.simulator.faults.add({ match, action: { status: 400, body: { status: ['Not now.'] } } });

    const { complete } = await target.world.stream(sdnStage);

    expect(complete.errors).not.toEqual([]);
    expect(await statusOf(former)).toBe('active');
    target.simulator.faults.clear();
    await sync(target, sdnStage);
    expect(await statusOf(former)).toBe('decommissioning');
    await syncQuietly(target, sdnStage);
  });
});

it('the L2VPN of a VNet that no binding is about is decommissioned with its VNet, and active with it', async () => {
  const lab = aNetworkedCluster({ guests: [] });
  target = await openSimulated(anEstate(lab));
  await sync(target, whole);
  const { id } = await one(target, path.sdnBindings, 'source_type=vnet&source_name=tunnel/backup');
  await target.netbox.remove(`${path.sdnBindings}${id}/`);
  const [vnet] = lab.sdn.vnets.splice(1, 1);

  await sync(target, sdnStage);

  const backup = () => one(target, path.l2vpns, 'identifier=12000');
  expect(await backup()).toMatchObject({ status: { value: 'decommissioning' } });
  await syncQuietly(target, sdnStage);
  lab.sdn.vnets.push(vnet!);
  await sync(target, sdnStage);
  expect(await backup()).toMatchObject({ status: { value: 'active' } });
  await syncQuietly(target, sdnStage);
});

it('a VNet that is shown while its zone is hidden is the L2VPN that it was', async () => {
  target = await openSimulated(anEstate(aNetworkedCluster()), { proxmox: { acl: 'read-only', users: [root] } });
  await sync(target, whole);
  const [{ username, tokenName, url } = { username: '', tokenName: '', url: '' }] = target.world.proxmox;
  for (const of of [`--users ${username}`, `--tokens '${username}!${tokenName}'`]) {
    await pveum(`pveum acl modify /sdn/zones/overlay ${of} --roles NoAccess`, url);
    await pveum(`pveum acl modify /sdn/zones/overlay/office ${of} --roles NetBoxReadOnly`, url);
  }

  const { complete } = await sync(target, sdnStage);

  expect(complete.result).toMatchObject({ stale: 0 });
  expect(complete.result!.warnings!.map(({ reason }) => reason)).toContain('privilege_optional');
  expect(await office()).toMatchObject({ status: { value: 'active' } });
  expect(await one(target, path.sdnBindings, 'source_type=vnet&source_name=overlay/office')).toMatchObject({
    status: 'active',
  });
});

it('a status that NetBox did not take is not taken for an operator’s', async () => {
  const lab = aNetworkedCluster();
  target = await openSimulated(anEstate(lab));
  Object.assign(lab.sdn.vnets[0]!, { state: 'new', pending: { zone: 'overlay', tag: 11_000 } });
  await sync(target, whole);
  expect(await office()).toMatchObject({ status: { value: 'planned' } });
  Object.assign(lab.sdn.vnets[0]!, { state: undefined, pending: undefined });
  const match = { method: 'PATCH', path: /vpn\/l2vpns\// };
  target.simulator.faults.add({ match, action: { status: 400, body: { status: ['Not now.'] } } });
  await target.world.stream(sdnStage);
  target.simulator.faults.clear();

  await sync(target, sdnStage);

  expect(await office()).toMatchObject({ status: { value: 'active' } });
  await syncQuietly(target, sdnStage);
});
