import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { path } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { anSdn, aNetworkedCluster, aSubnet, plugged } from './sdn-estate.js';
import { all, edit, one, sync, syncQuietly, tagsOf, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

const whole = '/full-update/stream?sync_mode_sdn=always';
/** Of everything that the stage writes. */
export const tables = [
  path.sdnControllers,
  path.sdnZones,
  path.sdnVnets,
  path.sdnSubnets,
  path.sdnBindings,
  path.l2vpns,
  path.l2vpnTerminations,
  path.routeTargets,
  path.prefixes,
];
export const sdnStage = '/proxmox/sdn/create/stream?sync_mode_sdn=always';

export function describeSdn(openTarget: OpenTarget): void {
  describe('software-defined networks', () => {
    const lab = aNetworkedCluster();
    const edge = aNetworkedCluster({ name: 'edge', guests: [{ vmid: 100, name: 'edge-100' }] });
    const { sdn } = lab;
    let target: SyncTarget;
    let endpoint = 0;
    /** A prefix that was there before. */
    let operators: { readonly id: number; readonly description: string };

    beforeAll(async () => {
      target = await openTarget(anEstate(lab, edge));
      operators = await target.netbox.create(path.prefixes, { prefix: '198.51.100.0/25', description: 'the DMZ' });
      await sync(target, whole);
      ({ endpoint } = await one(target, path.sdnZones, 'cluster_name=lab&zone_name=overlay'));
    });
    afterAll(() => target.close());

    const ofLab = (collection: string, query: string) => one(target, collection, `cluster_name=lab&${query}`);
    const statusesOf = async (collection: string, name: string) =>
      Object.fromEntries(
        (await all(target, collection, '&cluster_name=lab')).map((row) => [row[name], row.status.value]),
      );

    it('controllers become rows of the endpoint and cluster', async () => {
      const row = await ofLab(path.sdnControllers, 'controller_name=bgppve1');

      expect(row).toMatchObject({
        endpoint,
        cluster_name: 'lab',
        controller_type: 'bgp',
        asn: 65_001,
        peers: ['192.0.2.254'],
        nodes: ['pve1'],
        loopback: 'dummy1',
        state: '',
        status: { value: 'active' },
        raw_config: { controller: 'bgppve1', ebgp: 1 },
      });
      expect(row.raw_config).not.toHaveProperty('digest');
      expect(tagsOf(row)).toEqual(['proxbox']);
    });

    it('zones become rows with what is imported into them', async () => {
      expect(await ofLab(path.sdnZones, 'zone_name=overlay')).toMatchObject({
        zone_type: 'evpn',
        controller: 'evpn1',
        vrf_vxlan: 10_000,
        tag: null,
        mtu: 1450,
        dns: '',
        ipam: 'pve',
        rt_import: ['65000:100', '65000:200'],
        state: '',
        raw_config: { nodes: 'pve1,pve2' },
      });
    });

    it('VNets become rows of their zone', async () => {
      expect(await ofLab(path.sdnVnets, 'vnet_name=dmz')).toMatchObject({
        zone_name: 'trunk',
        vnet_type: 'vnet',
        tag: 50,
        alias: '',
        vlanaware: true,
      });
      expect(await ofLab(path.sdnVnets, 'vnet_name=office')).toMatchObject({
        zone_name: 'overlay',
        tag: 11_000,
        alias: 'Office floor',
        vlanaware: false,
      });
    });

    it("subnets become rows under their CIDR, and keep Proxmox's id", async () => {
      expect(await ofLab(path.sdnSubnets, 'vnet_name=office&subnet=10.11.0.0/24')).toMatchObject({
        zone_name: 'overlay',
        subnet_type: 'subnet',
        gateway: '10.11.0.1',
        snat: true,
        skip_reason: '',
        raw_config: { subnet: 'overlay-10.11.0.0-24' },
      });
      expect(await ofLab(path.sdnSubnets, 'vnet_name=office&subnet=2001:db8:11::/64')).toMatchObject({ snat: false });
    });

    it('clusters with equal names of zones keep their own', async () => {
      const rows = await all(target, path.sdnZones, '&zone_name=overlay');

      expect(rows.map(({ cluster_name: name }) => name).sort()).toEqual(['edge', 'lab']);
      expect(new Set(rows.map((row) => row.endpoint)).size).toBe(2);
    });

    it('VNets of EVPN and VXLAN zones become L2VPNs, others do not', async () => {
      const row = await one(target, path.l2vpns, `slug=proxbox-${endpoint}-lab-overlay-office`);

      expect(row).toMatchObject({
        name: 'Proxbox lab / lab / overlay / office',
        type: { value: 'vxlan-evpn' },
        status: { value: 'active' },
        identifier: 11_000,
        description: 'Imported from Proxmox SDN VNet configuration.',
        import_targets: [{ name: '65000:100' }, { name: '65000:200' }],
        export_targets: [],
      });
      expect(tagsOf(row)).toEqual(['proxbox']);
      expect(await one(target, path.l2vpns, `slug=proxbox-${endpoint}-lab-tunnel-backup`)).toMatchObject({
        type: { value: 'vxlan' },
        import_targets: [],
      });
      expect((await ofLab(path.sdnVnets, 'vnet_name=office')).l2vpn).toBe(row.id);
      expect((await ofLab(path.sdnVnets, 'vnet_name=dmz')).l2vpn).toBeNull();
      expect(await all(target, path.l2vpns)).toHaveLength(4);
    });

    it('subnets have a prefix of the global table: a new one, or the one that was there, which stays as it is', async () => {
      const made = await one(target, path.prefixes, 'prefix=10.11.0.0/24');

      expect(made).toMatchObject({ vrf: null, status: { value: 'active' } });
      expect(made.description).toMatch(/^Imported from Proxmox SDN VNet office on (lab|edge)\.$/);
      expect((await ofLab(path.sdnSubnets, 'vnet_name=office&subnet=10.11.0.0/24')).prefix).toBe(made.id);
      expect((await ofLab(path.sdnSubnets, 'vnet_name=dmz')).prefix).toBe(operators.id);
      const kept = await one(target, path.prefixes, 'prefix=198.51.100.0/25');
      expect([kept.id, kept.description, tagsOf(kept)]).toEqual([operators.id, 'the DMZ', []]);
    });

    const portOf = async (vmid = 100) => (await one(target, path.vmInterfaces, `virtual_machine=guest-${vmid}`)).id;
    const termination = async () => one(target, path.l2vpnTerminations, `assigned_object_id=${await portOf()}`);
    const binding = (type: string, name: string) => ofLab(path.sdnBindings, `source_type=${type}&source_name=${name}`);

    it('a network device in such a VNet terminates its L2VPN', async () => {
      const row = await termination();

      expect(row).toMatchObject({
        l2vpn: { slug: `proxbox-${endpoint}-lab-overlay-office` },
        assigned_object_type: 'virtualization.vminterface',
      });
      expect(await all(target, path.l2vpnTerminations)).toHaveLength(1);
    });

    it('bindings say what a network is in NetBox, and how nodes have it', async () => {
      const l2vpn = await one(target, path.l2vpns, `slug=proxbox-${endpoint}-lab-overlay-office`);
      const prefix = await one(target, path.prefixes, 'prefix=10.11.0.0/24');

      expect(await binding('vnet', 'overlay/office')).toMatchObject({
        zone_name: 'overlay',
        vnet_name: 'office',
        target_type: 'vpn.l2vpn',
        target_id: l2vpn.id,
        status: 'active',
      });
      expect(await binding('subnet', 'office/10.11.0.0/24')).toMatchObject({
        target_type: 'ipam.prefix',
        target_id: prefix.id,
      });
      expect(await binding('l2vpn-termination', 'pve1/100/net0')).toMatchObject({
        node: 'pve1',
        vnet_name: 'office',
        target_type: 'virtualization.vminterface',
        target_id: await portOf(),
        conflict_reason: '',
      });
      expect(await binding('node-zone', 'pve2/overlay')).toMatchObject({
        node: 'pve2',
        zone_name: 'overlay',
        target_type: '',
        target_id: null,
        status: 'available',
      });
      expect(await all(target, path.sdnBindings, '&cluster_name=lab&source_type=node-zone')).toHaveLength(8);
    });

    it('a second run writes nothing, whatever the order of sets in an answer', async () => {
      const { complete } = await syncQuietly(target, sdnStage);

      expect(complete.result).toMatchObject({
        created: 0,
        updated: 0,
        skipped: 0,
        stale: 0,
        counters: { controllers: 4, zones: 6, vnets: 6, subnets: 0, stale: 0, plugin_metadata: 0 },
      });
    });

    it('a run of one endpoint leaves the rows of the other', async () => {
      await syncQuietly(target, `${sdnStage}&proxmox_endpoint_ids=2`);
    });

    it('what waits for an apply shows its state: new things with their values, changed ones with those that run', async () => {
      const waiting = { zone: 'trunk', tag: 60 };
      sdn.vnets.push({ vnet: 'guests', type: 'vnet', state: 'new', pending: waiting });
      Object.assign(sdn.vnets[0]!, { state: 'changed', pending: { tag: 11_001, alias: 'deleted' } });
      Object.assign(sdn.vnets[2]!, { state: 'deleted', pending: {} });

      const run = await watchedSync(target, `${sdnStage}&proxmox_endpoint_ids=1`);

      expect(run.complete.result).toMatchObject({ created: 1, updated: 2, stale: 0 });
      expect(await ofLab(path.sdnVnets, 'vnet_name=guests')).toMatchObject({
        state: 'new',
        zone_name: 'trunk',
        tag: 60,
      });
      expect(await ofLab(path.sdnVnets, 'vnet_name=office')).toMatchObject({
        state: 'changed',
        tag: 11_000,
        alias: 'Office floor',
        raw_config: { pending: { tag: 11_001 } },
      });
      expect(await ofLab(path.sdnVnets, 'vnet_name=dmz')).toMatchObject({
        state: 'deleted',
        status: { value: 'active' },
      });
      // Proxmox shows the subnets of one that is to go to nobody.
      expect(await statusesOf(path.sdnSubnets, 'subnet')).toMatchObject({ '198.51.100.0/25': 'active' });
      await syncQuietly(target, sdnStage);
    });

    it('what is gone is marked stale with all below it, of its cluster alone, and active again when it is back', async () => {
      sdn.vnets.splice(3, 1);
      Object.assign(sdn.vnets[0]!, { state: undefined, pending: undefined });
      const [gone] = sdn.vnets.splice(2, 1);
      const [goneZone] = sdn.zones.splice(2, 1);
      const [goneSubnet] = sdn.subnets.splice(2, 1);

      const run = await watchedSync(target, sdnStage);

      expect(run.complete.result).toMatchObject({ stale: 8, failed: 0, counters: { stale: 8, vnets: 5, zones: 5 } });
      expect(run.writes.every((write) => write.startsWith('PATCH '))).toBe(true);
      expect(await statusesOf(path.sdnVnets, 'vnet_name')).toEqual({
        office: 'active',
        backup: 'active',
        dmz: 'stale',
        guests: 'stale',
      });
      expect(await statusesOf(path.sdnZones, 'zone_name')).toEqual({
        overlay: 'active',
        tunnel: 'active',
        trunk: 'stale',
      });
      expect(await statusesOf(path.sdnSubnets, 'subnet')).toMatchObject({ '198.51.100.0/25': 'stale' });
      expect(await one(target, path.sdnZones, 'cluster_name=edge&zone_name=trunk')).toMatchObject({
        status: { value: 'active' },
      });
      await syncQuietly(target, sdnStage);

      sdn.zones.push(goneZone!);
      sdn.vnets.push({ ...gone!, state: undefined, pending: undefined });
      sdn.subnets.push(goneSubnet!);
      expect((await sync(target, sdnStage)).complete.result).toMatchObject({ stale: 0, updated: 7, created: 0 });
      expect(await statusesOf(path.sdnZones, 'zone_name')).toMatchObject({ trunk: 'active' });
      await syncQuietly(target, sdnStage);
    });

    it('a value that is taken away in Proxmox is cleared, tags and fields of an operator stay', async () => {
      const tag = await target.netbox.create(path.tags, { name: 'Mine', slug: 'mine' });
      const row = await ofLab(path.sdnSubnets, 'vnet_name=office&subnet=10.11.0.0/24');
      await edit(target, path.sdnSubnets, row.id, { tags: [...row.tags.map(({ id }: { id: number }) => id), tag.id] });
      Object.assign(sdn.subnets[0]!, { gateway: undefined, snat: undefined });
      sdn.subnets.push(aSubnet('backup', '10.12.0.0/24', 'tunnel'));

      await sync(target, sdnStage);

      const after = await ofLab(path.sdnSubnets, 'vnet_name=office&subnet=10.11.0.0/24');
      expect(after).toMatchObject({ gateway: '', snat: false });
      expect(tagsOf(after)).toEqual(['mine', 'proxbox']);
      await syncQuietly(target, sdnStage);
    });

    it('what a zone imports follows, and what an operator added to the L2VPN stays', async () => {
      const another = await target.netbox.create(path.routeTargets, { name: '65000:999' });
      const slug = `slug=proxbox-${endpoint}-lab-overlay-office`;
      const row = await one(target, path.l2vpns, slug);
      const own = row.import_targets.map(({ id }: { id: number }) => id);
      await edit(target, path.l2vpns, row.id, {
        import_targets: [...own, another.id],
        export_targets: [another.id],
        name: 'Office network',
        comments: 'ours',
      });
      sdn.zones[0]!['rt-import'] = '65000:100,65000:300';

      await sync(target, sdnStage);

      const after = await one(target, path.l2vpns, slug);
      expect(after.import_targets.map(({ name }: { name: string }) => name).sort()).toEqual([
        '65000:100',
        '65000:300',
        '65000:999',
      ]);
      expect(after).toMatchObject({
        id: row.id,
        name: 'Office network',
        comments: 'ours',
        export_targets: [{ id: another.id }],
      });
      // Of another cluster, and so still imported there.
      expect(await all(target, path.routeTargets, '&name=65000:200')).toHaveLength(1);
      await syncQuietly(target, sdnStage);
    });

    it('a machine that moves to another node keeps its binding, and one in another VNet its termination', async () => {
      const before = [await termination(), await binding('l2vpn-termination', 'pve1/100/net0')];
      const guest = lab.guests.get(100)!;
      guest.node = 'pve2';
      Object.assign(guest.config, plugged('backup'));

      await sync(target, whole);

      expect(await termination()).toMatchObject({
        id: before[0].id,
        l2vpn: { slug: `proxbox-${endpoint}-lab-tunnel-backup` },
      });
      expect(await binding('l2vpn-termination', 'pve2/100/net0')).toMatchObject({
        id: before[1].id,
        node: 'pve2',
        vnet_name: 'backup',
      });
      await syncQuietly(target, sdnStage);
    });

    it('a device that leaves has a stale binding; one whose interface ends the L2VPN of somebody else is told, and left', async () => {
      const guest = lab.guests.get(100)!;
      Object.assign(guest.config, plugged('vmbr0'));
      // A job reads a guest's configuration once a minute, a full update every time.
      const { complete } = await sync(target, whole);
      expect(complete.result).toMatchObject({ sdn: { stale: 1 } });
      expect(await binding('l2vpn-termination', 'pve2/100/net0')).toMatchObject({ status: 'stale' });
      await syncQuietly(target, sdnStage);

      await target.netbox.remove(`${path.l2vpnTerminations}${(await termination()).id}/`);
      const other = await target.netbox.create(path.l2vpns, { name: 'Campus', slug: 'campus', type: 'vpls' });
      await target.netbox.create(path.l2vpnTerminations, {
        l2vpn: other.id,
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: await portOf(),
      });
      Object.assign(guest.config, plugged('office'));

      const run = await sync(target, whole);

      expect(run.complete.result).toMatchObject({ sdn: { skipped: 1 } });
      expect(JSON.stringify(run.frames)).toContain('l2vpn_conflict');
      expect(await termination()).toMatchObject({ l2vpn: { id: other.id } });
      expect(await binding('l2vpn-termination', 'pve2/100/net0')).toMatchObject({
        status: 'conflict',
        conflict_reason: `Target already terminates L2VPN ${other.id}.`,
      });
      await syncQuietly(target, sdnStage);
    });

    it('the L2VPN of a VNet that is to go, or gone, is being decommissioned, and back with it; one that is not ours is left', async () => {
      const slug = `slug=proxbox-${endpoint}-lab-tunnel-backup`;
      const [vnet] = sdn.vnets.splice(1, 1);
      const [subnet] = sdn.subnets.splice(-1, 1);
      await sync(target, sdnStage);
      expect(await one(target, path.l2vpns, slug)).toMatchObject({ status: { value: 'decommissioning' } });
      await syncQuietly(target, sdnStage);

      sdn.vnets.push(vnet!);
      sdn.subnets.push(subnet!);
      await sync(target, sdnStage);
      const row = await one(target, path.l2vpns, slug);
      expect(row).toMatchObject({ status: { value: 'active' } });

      await edit(target, path.l2vpns, row.id, { tags: [] });
      sdn.vnets.pop();
      await sync(target, sdnStage);
      expect(await one(target, path.l2vpns, slug)).toMatchObject({ status: { value: 'active' } });
    });
  });
  describe('what operators wrote on networks', () => {
    const lab = aNetworkedCluster();
    const { sdn } = lab;
    let target: SyncTarget;
    /** Of the L2VPN of the VNet `office`. */
    let id = 0;

    const office = async () => (await target.netbox.get(`${path.l2vpns}${id}/`)).body;
    const statusOfOffice = async () => (await office()).status.value;
    const termination = () => one(target, path.l2vpnTerminations, 'limit=1');

    beforeAll(async () => {
      target = await openTarget(anEstate(lab));
      await sync(target, whole);
      ({ id } = await one(target, path.l2vpns, 'identifier=11000'));
    });
    afterAll(() => target.close());

    it('the status of an L2VPN is theirs once it is another one than was written, until they take that one', async () => {
      await edit(target, path.l2vpns, id, { status: 'planned' });
      await syncQuietly(target, sdnStage);

      Object.assign(sdn.vnets[0]!, { state: 'deleted', pending: {} });
      await sync(target, sdnStage);
      expect(await statusOfOffice()).toBe('planned');
      await syncQuietly(target, sdnStage);

      await edit(target, path.l2vpns, id, { status: 'decommissioning' });
      Object.assign(sdn.vnets[0]!, { state: undefined, pending: undefined });
      await sync(target, sdnStage);
      expect(await statusOfOffice()).toBe('active');
      await syncQuietly(target, sdnStage);
    });

    it('it follows what waits for an apply', async () => {
      sdn.vnets.push({ vnet: 'guests', type: 'vnet', state: 'new', pending: { zone: 'overlay', tag: 13_000 } });
      await sync(target, sdnStage);
      const made = await one(target, path.l2vpns, 'identifier=13000');
      expect(made).toMatchObject({ status: { value: 'planned' } });
      await syncQuietly(target, sdnStage);

      sdn.vnets[3] = { vnet: 'guests', type: 'vnet', zone: 'overlay', tag: 13_000 };
      await sync(target, sdnStage);

      expect(await one(target, path.l2vpns, 'identifier=13000')).toMatchObject({
        id: made.id,
        status: { value: 'active' },
      });
      await syncQuietly(target, sdnStage);
    });

    it('so is the one of a VNet that is gone, and is back', async () => {
      const { id: guests } = await one(target, path.l2vpns, 'identifier=13000');
      await edit(target, path.l2vpns, guests, { status: 'planned' });
      const [gone] = sdn.vnets.splice(3, 1);
      await sync(target, sdnStage);
      expect(await one(target, path.sdnVnets, 'vnet_name=guests')).toMatchObject({ status: { value: 'stale' } });
      expect(await one(target, path.l2vpns, 'identifier=13000')).toMatchObject({ status: { value: 'planned' } });
      await syncQuietly(target, sdnStage);

      sdn.vnets.push(gone!);
      await sync(target, sdnStage);
      expect(await one(target, path.l2vpns, 'identifier=13000')).toMatchObject({ status: { value: 'planned' } });
      await syncQuietly(target, sdnStage);
    });

    it('prefixes keep all that they wrote, and facts of Proxmox are not theirs', async () => {
      const prefix = await one(target, path.prefixes, 'prefix=10.11.0.0/24');
      await edit(target, path.prefixes, prefix.id, { status: 'reserved', description: 'mine', is_pool: true });
      await syncQuietly(target, sdnStage);

      await edit(target, path.l2vpns, id, { identifier: 42, type: 'vpls' });
      await sync(target, sdnStage);

      expect(await office()).toMatchObject({ identifier: 11_000, type: { value: 'vxlan-evpn' } });
      await syncQuietly(target, sdnStage);
    });

    it('a termination that they led to an L2VPN of their own stays there, with the reason', async () => {
      const { id: ended } = await termination();
      const campus = await target.netbox.create(path.l2vpns, { name: 'Campus', slug: 'campus', type: 'vpls' });
      await edit(target, path.l2vpnTerminations, ended, { l2vpn: campus.id });

      const run = await sync(target, sdnStage);

      expect(run.complete.result).toMatchObject({ skipped: 1 });
      expect(JSON.stringify(run.frames)).toContain('l2vpn_conflict');
      expect(await termination()).toMatchObject({ id: ended, l2vpn: { id: campus.id } });
      await syncQuietly(target, sdnStage);

      await edit(target, path.l2vpnTerminations, ended, { l2vpn: id });
      expect((await sync(target, sdnStage)).complete.result).toMatchObject({ skipped: 0 });
      await syncQuietly(target, sdnStage);
    });

    const idsOfAll = () =>
      Promise.all(tables.map(async (table) => (await all(target, table)).map((row) => row.id).sort()));

    it('stays on its object where the cluster is renamed: nothing is made a second time', async () => {
      const tenant = await target.netbox.create(path.tenants, { name: 'Acme', slug: 'acme' });
      await edit(target, path.l2vpns, id, { tenant: tenant.id, comments: 'ask Ann', status: 'planned' });
      const before = await idsOfAll();
      Object.assign(lab, { name: 'prod' });
      await target.world.restart();

      const { complete } = await sync(target, whole);

      expect(complete.result).toMatchObject({ sdn: { created: 0, stale: 0, failed: 0 } });
      expect(await idsOfAll()).toEqual(before);
      for (const table of tables.slice(0, 5))
        expect(new Set((await all(target, table)).map((row) => row.cluster_name)), table).toEqual(new Set(['prod']));
      expect(await office()).toMatchObject({
        name: 'Proxbox lab / prod / overlay / office',
        slug: expect.stringMatching(/^proxbox-\d+-prod-overlay-office$/),
        tenant: { id: tenant.id },
        comments: 'ask Ann',
        status: { value: 'planned' },
      });
      await syncQuietly(target, sdnStage);
    });

    it('stays on the L2VPN of the zone that a VNet leaves: it is decommissioned, and the VNet is another one', async () => {
      await edit(target, path.l2vpns, id, { status: 'active' });
      const [vnet] = sdn.vnets;
      const own = sdn.subnets.filter((row) => row['vnet'] === 'office');
      Object.assign(vnet!, { zone: 'tunnel', tag: 14_000 });
      for (const row of own) Object.assign(row, { zone: 'tunnel' });

      const { complete } = await sync(target, sdnStage);

      expect(complete.result).toMatchObject({ stale: 1, failed: 0 });
      expect(await office()).toMatchObject({
        identifier: 11_000,
        status: { value: 'decommissioning' },
        comments: 'ask Ann',
      });
      const other = await one(target, path.l2vpns, 'identifier=14000');
      expect(other).toMatchObject({ type: { value: 'vxlan' }, status: { value: 'active' } });
      expect(await one(target, path.sdnVnets, 'vnet_name=office')).toMatchObject({ l2vpn: other.id });
      expect(await termination()).toMatchObject({ l2vpn: { id: other.id } });
      await syncQuietly(target, sdnStage);

      Object.assign(vnet!, { zone: 'overlay', tag: 11_000 });
      for (const row of own) Object.assign(row, { zone: 'overlay' });
      await sync(target, sdnStage);

      expect(await statusOfOffice()).toBe('active');
      expect(await one(target, path.l2vpns, 'identifier=14000')).toMatchObject({
        status: { value: 'decommissioning' },
      });
      expect(await termination()).toMatchObject({ l2vpn: { id } });
      await syncQuietly(target, sdnStage);
    });

    it('stays where a VNet becomes a VLAN, and is no L2VPN any more', async () => {
      const [vnet] = sdn.vnets;
      Object.assign(vnet!, { zone: 'trunk', tag: 70 });
      for (const row of sdn.subnets) if (row['vnet'] === 'office') Object.assign(row, { zone: 'trunk' });

      await sync(target, sdnStage);

      expect(await statusOfOffice()).toBe('decommissioning');
      expect(await one(target, path.sdnVnets, 'vnet_name=office')).toMatchObject({ l2vpn: null });
      await syncQuietly(target, sdnStage);
    });
  });
  describe('fabrics, route maps and prefix lists', () => {
    const fabrics = [
      { id: 'core', protocol: 'ospf', area: '0', ip_prefix: '192.0.2.0/25' },
      { id: 'leaf', protocol: 'openfabric', ip_prefix: '192.0.2.128/25' },
    ];
    const nodes = [
      { fabric_id: 'core', node_id: 'pve2', ip: '192.0.2.2' },
      { fabric_id: 'core', node_id: 'pve1' },
    ];
    const match = [
      { key: 'peer', value: '192.0.2.254' },
      { key: 'ip-address-prefix-list', value: 'own' },
    ];
    const routeMaps = [
      { 'route-map-id': 'out', order: 10, action: 'permit', match, set: [{ key: 'community', value: '65000:1' }] },
      { 'route-map-id': 'out', order: 20, action: 'deny' },
    ];
    const entries = [
      { seq: 10, action: 'permit', prefix: '10.0.0.0/8', le: 24 },
      { seq: 5, action: 'deny', prefix: '10.0.0.0/8' },
      { seq: 20, action: 'permit', prefix: '192.0.2.0/24', ge: 25, le: 32 },
    ];
    const prefixLists = [{ id: 'own', entries }];
    const sdn = anSdn({ fabrics: { fabrics, nodes }, routeMaps, prefixLists });
    const lab = Object.assign(aCluster({ guests: [{ vmid: 100 }] }), { sdn, profile: '9.2' as const });
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(lab));
    });
    afterAll(() => target.close());

    it('become rows of the plugin, but for what it has no type or no second place for', async () => {
      const { complete } = await sync(target, sdnStage);

      expect(complete.result).toMatchObject({ created: 5, skipped: 2, failed: 0 });
      expect(complete.result!['reasons']).toMatchObject({ value_not_kept: 1, duplicate: 1 });
      expect(await one(target, path.sdnFabrics, 'fabric_name=core')).toMatchObject({
        fabric_type: { value: 'ospf' },
        asn: null,
        raw_config: { area: '0', nodes: [{ node_id: 'pve1' }, { node_id: 'pve2' }] },
      });
      const maps = await all(target, path.sdnRouteMaps);
      expect(maps.find(({ order }) => order === 10)).toMatchObject({
        name: 'out',
        action: 'permit',
        match_peer: '192.0.2.254',
        match_ip: 'own',
        set_community: '65000:1',
      });
      expect(maps.find(({ order }) => order === 20)).toMatchObject({ action: 'deny', match_peer: '', match_ip: '' });
      const lists = await all(target, path.sdnPrefixLists);
      expect(lists.map(({ cidr, action, le, ge }) => [cidr, action, le, ge]).sort()).toEqual([
        ['10.0.0.0/8', 'deny', null, null],
        ['192.0.2.0/24', 'permit', 32, 25],
      ]);
      await syncQuietly(target, sdnStage);
    });

    it('are marked stale when they are gone, and cleared where a value is', async () => {
      fabrics.length = 0;
      routeMaps.splice(1, 1);
      Object.assign(routeMaps[0]!, { match: [] });
      entries.splice(2, 1);

      const { complete } = await sync(target, sdnStage);

      expect(complete.result).toMatchObject({ stale: 3, updated: 4, failed: 0 });
      expect((await all(target, path.sdnRouteMaps)).map((row) => [row.order, row.match_ip, row.status.value])).toEqual([
        [10, '', 'active'],
        [20, '', 'stale'],
      ]);
      await syncQuietly(target, sdnStage);
    });
  });
}
