/** What was in NetBox before: it is used as it is, it is not marked as ours, and it never goes. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate, type ClusterPlan } from '../../contract/sync/estates.js';
import { all, machineOf, one, sync, syncQuietly, tagsOf } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

async function open(...guests: ClusterPlan['guests']): Promise<void> {
  target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests })));
}

const create = (at: string, data: object) => target.simulator.operator.create(at, { ...data });

/** A guest with an agent that tells one address. */
const web = (vmid: number, name: string, address: string) => ({
  vmid,
  name,
  status: 'running' as const,
  config: {
    agent: 1,
    scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
    net0: `virtio=BC:24:11:00:00:${vmid % 100},bridge=vmbr0`,
  },
  agent: {
    state: 'running' as const,
    hostName: name,
    interfaces: [
      {
        name: 'ens18',
        'hardware-address': `bc:24:11:00:00:${vmid % 100}`,
        'ip-addresses': [{ 'ip-address': address, 'ip-address-type': 'ipv4' as const, prefix: 24 }],
      },
    ],
  },
});

/** A cluster as the sync will find it, and a machine of an operator in it. */
function handMade(name: string, fields: { tags?: readonly number[]; port: string; address: string }) {
  const cluster = target.simulator.state.objects('virtualization/clusters')[0];
  const machine = create('virtualization/virtual-machines', {
    name,
    cluster: cluster?.id,
    status: 'active',
    comments: 'made by hand',
    description: 'front end',
    tags: fields.tags ?? [],
  });
  const port = create('virtualization/interfaces', { virtual_machine: machine.id, name: fields.port });
  const address = create('ipam/ip-addresses', {
    address: fields.address,
    assigned_object_type: 'virtualization.vminterface',
    assigned_object_id: port.id,
    dns_name: `${name}.acme.example`,
  });
  target.simulator.operator.update('virtualization/virtual-machines', machine.id, { primary_ip4: address.id });
  return { machine, address };
}

describe('a machine that an operator made under the name of a guest', () => {
  it("stays the operator's, and the run says how to have it adopted", async () => {
    await open(web(110, 'web', '10.1.0.10'));
    await sync(target, '/dcim/devices/create/stream');
    const { machine, address } = handMade('web', { port: 'eth0', address: '10.1.0.10/24' });
    await target.world.restart();

    const { complete } = await target.world.fullUpdate();

    const row = (await target.netbox.get(`${path.vms}${machine.id}/`)).body;
    expect(row).toMatchObject({ name: 'web', description: 'front end', comments: 'made by hand', tags: [] });
    expect((await machineOf(target, 110)).machine.id).not.toBe(machine.id);
    const told = (complete.result?.warnings ?? []).filter(({ reason }) => reason === 'machine_not_ours');
    expect(told).toHaveLength(1);
    expect(`${told[0]?.message} ${told[0]?.detail}`).toContain('"Proxbox"');
    expect((await target.netbox.get(`${path.ipAddresses}${address.id}/`)).body.assigned_object_id).toBe(
      address['assigned_object_id'],
    );
    expect((await target.watch(() => target.world.fullUpdate())).changes).toBe(0);
    expect((await target.watch(() => target.world.fullUpdate())).changes).toBe(0);
  });

  it.each(['eth0', 'net0', 'ens18'])('and gave the Proxbox tag is adopted, with its address on %s', async (port) => {
    await open(web(110, 'web', '10.1.0.10'));
    await sync(target, '/dcim/devices/create/stream');
    const tag = await one(target, path.tags, 'slug=proxbox');
    const { machine, address } = handMade('web', { port, address: '10.1.0.10/24', tags: [tag.id] });
    await target.world.restart();

    const { complete } = await sync(target);

    const { machine: adopted, state } = await machineOf(target, 110);
    expect(adopted).toMatchObject({ id: machine.id, description: 'front end', primary_ip4: { id: address.id } });
    expect([tagsOf(adopted), tagsOf(state)]).toEqual([['proxbox'], []]);
    expect(JSON.stringify(complete.result)).not.toContain('ip_conflict');
    expect(await all(target, path.ipAddresses, '&address=10.1.0.10')).toMatchObject([
      { id: address.id, dns_name: 'web.acme.example', tags: [] },
    ]);
    await syncQuietly(target);
    await syncQuietly(target);
  });
});

describe('disks', () => {
  it('without a size in the configuration get it from their storage, and passed-through ones are skipped', async () => {
    await open({
      vmid: 110,
      config: { scsi0: 'ceph:vm-221-disk-0', scsi1: 'ceph:vm-110-disk-1', scsi2: '/dev/disk/by-id/x,size=500G' },
    });
    const [ceph] = target.world.estate.clusters[0]!.storages.filter(({ name }) => name === 'ceph');
    ceph!.volumes.push({
      volid: 'ceph:vm-221-disk-0',
      content: 'import',
      format: 'raw',
      size: 2 ** 30,
      ctime: 0,
      node: '',
      vmid: 221,
      extra: {},
    });

    const { frames } = await sync(target);

    expect((await all(target, path.disks)).map(({ name, size }) => [name, size])).toEqual([['scsi0', 1024]]);
    const told = JSON.stringify(frames);
    expect(told).toMatch(/scsi1 \(ceph:vm-110-disk-1\)[^"]*\\"[^"]*\\" has no size/);
    expect(told).toMatch(/scsi2 [^"]*\\"[^"]*\\" is no volume of Proxmox/);
    await syncQuietly(target);
    await syncQuietly(target);
  });
});
