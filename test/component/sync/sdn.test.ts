/** Software-defined networks where not everything can be read, seen or kept. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { sdnStage } from '../../contract/sync/sdn.js';
import { aNetworkedCluster, anSdn } from '../../contract/sync/sdn-estate.js';
import {
  all,
  one,
  sync,
  syncPartly,
  syncPartlyQuietly,
  syncQuietly,
  tagsOf,
  watchedSync,
} from '../../contract/sync/target.js';
import { pveum, root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const readOnly = { proxmox: { acl: 'read-only', users: [root] } } as const;

describe('the stage of software-defined networks', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const statuses = async (collection: string, field: string): Promise<readonly string[]> =>
    (await all(target, collection)).map((row) => `${row[field]} ${row.status.value}`).sort();
  const reasonsOf = (warnings: readonly { reason: string }[] = []): readonly string[] =>
    warnings.map(({ reason }) => reason);
  /** What the account and its token may do on a path. */
  const grant = async (role: string, at: string, more = ''): Promise<void> => {
    const [{ username, tokenName, url } = { username: '', tokenName: '', url: '' }] = target.world.proxmox;
    for (const of of [`--users ${username}`, `--tokens '${username}!${tokenName}'`])
      await pveum(`pveum acl modify ${at} ${of} --roles ${role}${more}`, url);
  };

  it('is switched off unless it is asked for: a full update asks neither side, and tells nothing', async () => {
    target = await openSimulated(anEstate(aNetworkedCluster()));

    const { complete, frames } = await sync(target);
    const alone = await watchedSync(target, '/proxmox/sdn/create/stream');

    expect(frames.filter(({ data }) => JSON.stringify(data).includes('sdn'))).toEqual([]);
    expect(complete.result).not.toHaveProperty('sdn');
    expect(target.world.proxmox[0]!.requestLog.filter((asked) => asked.path.includes('/sdn'))).toEqual([]);
    expect(target.simulator.requestLog.filter(({ target: asked }) => asked.includes('/sdn-'))).toEqual([]);
    expect(alone.complete).toMatchObject({ ok: true, message: expect.stringContaining('sync_mode_sdn=disabled') });
    expect(alone.writes).toEqual([]);
  });

  it('is part of a full update where it is asked for', async () => {
    target = await openSimulated(anEstate(aNetworkedCluster()));

    const first = await sync(target, '/full-update/stream?sync_mode_sdn=always');
    const second = await syncQuietly(target, '/full-update/stream?sync_mode_sdn=always');

    expect(first.complete.result).toMatchObject({ sdn_count: 33, sdn: { created: 33, failed: 0 } });
    expect(second.complete.result).toMatchObject({ sdn_count: 0, sdn: { unchanged: 33, stale: 0 } });
  });

  it('answers as JSON as well, with the numbers of the stream', async () => {
    target = await openSimulated(anEstate(aNetworkedCluster()));

    const { status, body } = await target.world.ask('GET', '/proxmox/sdn/create?sync_mode_sdn=always');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      created: 31,
      counters: { zones: 3, vnets: 3, controllers: 2, subnets: 3, l2vpns: 2, stale: 0 },
    });
  });

  it.each([
    // Of 24 rows: with the zones what L2VPNs are and what nodes say, with the VNets their subnets, and what these are.
    ['zones', 13],
    ['vnets', 11],
    ['controllers', 2],
  ])('a list of %s that fails marks nothing, and the other lists are done', async (list, kept) => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab));
    await sync(target, sdnStage);
    for (const rows of [lab.sdn.zones, lab.sdn.vnets, lab.sdn.controllers, lab.sdn.subnets]) rows.length = 0;
    target.world.proxmox[0]!.faults.add({
      match: { path: new RegExp(`cluster/sdn/${list}`) },
      action: { status: 500, reason: 'no' },
    });

    const { complete } = await syncPartly(target, sdnStage, ['read_incomplete']);
    expect(complete.result).toMatchObject({ stale: 24 - kept });
    target.world.proxmox[0]!.faults.clear();
    expect((await sync(target, sdnStage)).complete.result).toMatchObject({ stale: kept });
  });

  it('subnets of a VNet that fail are left alone, and those of the others are done', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab));
    await sync(target, sdnStage);
    lab.sdn.subnets.length = 0;
    target.world.proxmox[0]!.faults.add({
      match: { path: /vnets\/office\/subnets/ },
      action: { status: 500, reason: 'no' },
    });

    await syncPartly(target, sdnStage, ['read_incomplete']);

    expect(await statuses(path.sdnSubnets, 'subnet')).toEqual([
      '10.11.0.0/24 active',
      '198.51.100.0/25 stale',
      '2001:db8:11::/64 active',
    ]);
  });

  it('where nothing of any cluster can be read it fails, and changes nothing', async () => {
    target = await openSimulated(anEstate(aNetworkedCluster()));
    await sync(target, sdnStage);
    target.world.proxmox[0]!.faults.add({ match: { path: /cluster\/sdn/ }, action: { status: 500, reason: 'no' } });

    const { complete } = await target.world.stream(sdnStage);

    expect(complete).toMatchObject({ ok: false, result: { status: 'failed' } });
    expect(await statuses(path.sdnZones, 'zone_name')).toEqual(['overlay active', 'trunk active', 'tunnel active']);
  });

  it('a release without software-defined networks is no failure, and says nothing of what is stored', async () => {
    target = await openSimulated(anEstate(aNetworkedCluster()));
    await sync(target, sdnStage);
    const reason = "Method 'GET /cluster/sdn/zones' not implemented";
    target.world.proxmox[0]!.faults.add({ match: { path: /cluster\/sdn/ }, action: { status: 501, reason } });

    const { complete } = await syncQuietly(target, sdnStage);

    expect(complete.result).toMatchObject({ stale: 0, counters: { zones: 0 } });
  });

  it('without the privilege nothing is listed: a warning with the cure, the run is complete, and nothing is marked', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab), { proxmox: { acl: 'no-pools-and-bridges' } });

    const { complete } = await sync(target, sdnStage);

    expect(complete.result).toMatchObject({ status: 'completed', counters: { zones: 0 } });
    const [warning] = complete.result!.warnings!;
    expect(warning).toMatchObject({
      reason: 'privilege_optional',
      message: expect.stringContaining('pveum role modify NetBoxReadOnly --append 1 --privs "SDN.Audit"'),
    });
  });

  it('a zone that is hidden from the account is not gone, beside one that is', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab), readOnly);
    await sync(target, sdnStage);
    await grant('NoAccess', '/sdn/zones/tunnel');
    lab.sdn.zones.splice(2, 1);
    lab.sdn.vnets.splice(2, 1);
    lab.sdn.subnets.splice(2, 1);

    const { complete } = await sync(target, sdnStage);

    expect(complete.result).toMatchObject({ stale: 7, status: 'completed' });
    const told = reasonsOf(complete.result!.warnings).filter((reason) => reason === 'privilege_optional');
    expect(told).toHaveLength(3);
    expect(await statuses(path.sdnZones, 'zone_name')).toEqual(['overlay active', 'trunk stale', 'tunnel active']);
    expect(await statuses(path.sdnVnets, 'vnet_name')).toEqual(['backup active', 'dmz stale', 'office active']);
  });

  it('an empty list proves nothing to an account without the privilege, and everything to one with it', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab), readOnly);
    await sync(target, sdnStage);
    for (const rows of [lab.sdn.zones, lab.sdn.vnets, lab.sdn.controllers, lab.sdn.subnets]) rows.length = 0;
    await grant('NoAccess', '/sdn');
    await syncQuietly(target, sdnStage);

    await grant('NoAccess', '/sdn', ' --delete 1');
    const { complete } = await sync(target, sdnStage);

    expect(complete.result).toMatchObject({ stale: 24 });
  });

  it('more than a healthy change explains is not marked, unless it is asked for', async () => {
    const zones = Array.from({ length: 12 }, (_, n) => ({ zone: `zone${n}`, type: 'simple' }));
    const lab = Object.assign(aCluster({ guests: [{ vmid: 100 }] }), { sdn: anSdn({ zones }) });
    target = await openSimulated(anEstate(lab));
    await sync(target, sdnStage);
    zones.length = 0;

    await syncPartlyQuietly(target, sdnStage, ['delete_limit']);
    const forced = await sync(target, `${sdnStage}&force_deletes=true`);

    // With what its three nodes say of each.
    expect(forced.complete.result).toMatchObject({ stale: 48 });
  });

  it('an AS number that the plugin does not take leaves its column empty, with one warning', async () => {
    const controllers = [{ controller: 'evpn1', type: 'evpn', asn: 4_200_000_000, peers: '192.0.2.1' }];
    target = await openSimulated(
      anEstate(Object.assign(aCluster({ guests: [{ vmid: 100 }] }), { sdn: anSdn({ controllers }) })),
    );

    const { complete } = await sync(target, sdnStage);

    expect(reasonsOf(complete.result!.warnings)).toEqual(['value_not_kept']);
    expect(await one(target, path.sdnControllers, 'controller_name=evpn1')).toMatchObject({
      asn: null,
      raw_config: { asn: 4_200_000_000 },
    });
    await syncQuietly(target, sdnStage);
  });

  it('texts that are too long for the plugin are cut', async () => {
    const vnets = [{ vnet: 'office', type: 'vnet', zone: 'trunk', alias: 'a'.repeat(256) }];
    target = await openSimulated(
      anEstate(Object.assign(aCluster({ guests: [{ vmid: 100 }] }), { sdn: anSdn({ vnets }) })),
    );

    await sync(target, sdnStage);

    expect((await one(target, path.sdnVnets, 'vnet_name=office')).alias).toHaveLength(255);
    await syncQuietly(target, sdnStage);
  });

  it('in the mode bootstrap_only rows are made once and left alone', async () => {
    const lab = aNetworkedCluster();
    target = await openSimulated(anEstate(lab));
    const stage = '/proxmox/sdn/create/stream?sync_mode_sdn=bootstrap_only';
    await sync(target, stage);
    lab.sdn.zones[1]!['mtu'] = 9000;
    lab.sdn.controllers.length = 0;

    await syncQuietly(target, stage);

    const row = await one(target, path.sdnZones, 'zone_name=tunnel');
    expect(row).toMatchObject({ mtu: 1450, status: { value: 'active' } });
    expect(tagsOf(row)).toEqual(['bootstrap-only', 'proxbox']);
  });

  it('without an endpoint of the plugin that is surely the one, nothing is written', async () => {
    const estate = anEstate(aNetworkedCluster(), aNetworkedCluster({ name: 'edge' }));
    target = await openSimulated(estate);
    for (const { id, name } of await all(target, path.endpoints))
      if (name !== 'lab') await target.netbox.remove(`${path.endpoints}${id}/`);

    const { complete } = await sync(target, sdnStage);

    expect(complete.result).toMatchObject({ created: 31, skipped: 24 });
    expect(reasonsOf(complete.result!.warnings)).toContain('endpoint_unknown_to_plugin');
  });

  it('without the plugin it says that NetBox has no place for them', async () => {
    target = await openSimulated(anEstate(aNetworkedCluster()), { netbox: { plugin: 'off' } });

    const { complete } = await watchedSync(target, sdnStage);

    expect(complete.result).toMatchObject({ created: 0 });
    expect(reasonsOf(complete.result!.warnings)).toContain('plugin_route_missing');
  });
});
