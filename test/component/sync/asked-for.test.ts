/** What others hang on (tags, platforms, VLANs, types, sites) is made by the write that needs it, and not for what is left alone. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, sync, syncQuietly } from '../../contract/sync/target.js';
import { addGuest, setConfig, setTags, type EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

let target: SimulatedTarget;
let lab: EstateCluster;
afterEach(() => target.close());

const platforms = '/api/dcim/platforms/';
const net = (more = ''): string => `virtio=BC:24:11:00:00:64,bridge=vmbr0${more}`;
const update = (query: string): string => `/full-update/stream?${query}`;
const slugs = async (collection: string): Promise<readonly string[]> =>
  (await all(target, collection)).map(({ slug, vid }) => String(slug ?? vid));

async function open(query: string): Promise<void> {
  lab = aCluster({ nodes: ['pve1'], guests: [{ vmid: 100, config: { ostype: 'l26', net0: net() } }] });
  target = await openSimulated(anEstate(lab));
  await sync(target, update(query));
}

/** Everything of the guest and its node that leads to another object in NetBox is another. */
function changeAll(): void {
  setTags(lab, 100, 'later');
  setConfig(lab, 100, 'ostype', 'win11');
  setConfig(lab, 100, 'net0', net(',tag=77'));
  const vlan = lab.nodes[0]!.network.find((one) => one['vlan-id'] === '50')!;
  vlan['vlan-id'] = '78';
}

const resources = ['vm', 'vm_template', 'vm_interface', 'mac', 'ip_address', 'cluster', 'node', 'storage'];
const once = resources.map((name) => `sync_mode_${name}=bootstrap_only`).join('&');

describe('what is left alone asks for nothing', () => {
  it('bootstrap_only: no tag, platform or VLAN', async () => {
    await open(`${once}&overwrite_vm_platform=true`);
    changeAll();

    await syncQuietly(target, update(`${once}&overwrite_vm_platform=true`));
  });

  it('bootstrap_only: what a new guest needs is made, and no more', async () => {
    await open(`${once}&overwrite_vm_platform=true`);
    changeAll();
    addGuest(lab, { vmid: 101, node: 'pve1', tags: 'newcomer', config: { ostype: 'other', net0: net(',tag=79') } });

    await sync(target, update(once));

    expect(await slugs(path.tags)).toContain('newcomer');
    expect(await slugs(path.tags)).not.toContain('later');
    expect(await slugs(platforms)).not.toContain('windows-11');
    expect(await slugs(path.vlans)).toEqual(['50', '79']);
    await syncQuietly(target, update(once));
  });

  it.each([
    ['overwrite_vm_proxmox_tags', () => setTags(lab, 100, 'later')],
    ['overwrite_vm_platform', () => setConfig(lab, 100, 'ostype', 'win11')],
  ])('%s=false', async (flag, change) => {
    await open('');
    change();

    await syncQuietly(target, update(`${flag}=false`));
  });

  it('bootstrap_only: a cluster that an operator made in a site and with a type of their own needs no other ones', async () => {
    lab = aCluster({ name: 'pve1', nodes: ['pve1'], standalone: true, guests: [{ vmid: 100 }] });
    target = await openSimulated(anEstate(lab));
    const { operator } = target.simulator;
    const tag = operator.create('extras/tags', { name: 'bootstrap-only', slug: 'bootstrap-only' }).id;
    const site = operator.create('dcim/sites', { name: 'HQ', slug: 'hq' }).id;
    const type = operator.create('virtualization/cluster-types', { name: 'Hypervisors', slug: 'hypervisors' }).id;
    const scope = { scope_type: 'dcim.site', scope_id: site };
    operator.create('virtualization/clusters', { name: 'pve1', type, ...scope, tags: [tag] });

    await sync(target, update(once));

    expect(await slugs(path.sites)).toEqual(['hq']);
    // The type "cluster" is a standard one, which every NetBox gets.
    expect([...(await slugs(path.clusterTypes))].sort()).toEqual(['cluster', 'hypervisors']);
    expect((await all(target, path.devices)).map((device) => device.site.slug)).toEqual(['hq']);
    await syncQuietly(target, update(once));
  });

  it('and every one is made as soon as it is written', async () => {
    await open(`${once}&overwrite_vm_platform=true`);
    changeAll();

    await sync(target, update('overwrite_vm_platform=true'));

    expect(await slugs(path.tags)).toContain('later');
    expect(await slugs(platforms)).toContain('windows-11');
    expect([...(await slugs(path.vlans))].sort()).toEqual(['50', '77', '78']);
  });
});
