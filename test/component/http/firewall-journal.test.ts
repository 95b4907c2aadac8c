/** Firewall writes beside a NetBox: the journal of a guest, and the switch on the plugin's page. */
import { describe, expect, it } from 'vitest';
import { firewallAt } from '../../simulator/estate/index.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';

const rule = { pos: 0, type: 'in', action: 'ACCEPT', enable: true, proto: 'tcp', dport: '22' };
const headers = { 'x-proxbox-actor': 'alice' };
const push = (world: VerbWorld, at: string, body: object) =>
  world.send('POST', `/proxmox/firewall${at}${at.includes('?') ? '&' : '?'}endpoint_id=1`, { body, headers });

/** The plugin's row of the endpoint `lab`. */
function pluginRow({ netbox }: VerbWorld): number {
  const row = netbox.state.find('plugins/proxbox/endpoints/proxmox', ({ name }) => name === 'lab');
  if (row === undefined) throw new Error('the plugin has no such endpoint');
  return row.id;
}
const turn = (world: VerbWorld, isOn: boolean): unknown =>
  world.netbox.operator.update('plugins/proxbox/endpoints/proxmox', pluginRow(world), { allow_writes: isOn });

describe('a firewall write on a guest', () => {
  it('stands in its journal with who asked for it, and the guest is found on the node where it is', async () => {
    const world = await aVerbWorld();

    const { status, body } = await push(world, '/vms/100/rules?node=lab2&vm_type=qemu', rule);

    expect([status, body.status, body.path]).toEqual([200, 'pushed', 'nodes/lab1/qemu/100/firewall/rules']);
    expect(firewallAt(world.lab.state, 'guests/100').rules).toEqual([
      { type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '22' },
    ]);
    const [entry, ...others] = world.journal();
    expect([entry?.machine, others]).toEqual(['lab-web', []]);
    expect(entry?.comments).toContain('alice');
    expect(entry?.comments).toContain('POST /nodes/lab1/qemu/100/firewall/rules');
  });

  it('that is so already leaves no entry', async () => {
    const world = await aVerbWorld();
    await push(world, '/vms/200/aliases?vm_type=lxc', { name: 'gw', cidr: '192.0.2.1' });

    await push(world, '/vms/200/aliases?vm_type=lxc', { name: 'gw', cidr: '192.0.2.1' });

    expect(world.journal()).toHaveLength(1);
    expect(world.acts(world.lab)).toEqual(['POST /nodes/lab1/lxc/200/firewall/aliases']);
  });

  it('is refused for a number that is no guest of the cluster', async () => {
    const world = await aVerbWorld();

    const { status, body } = await push(world, '/vms/999/rules?node=lab1', rule);

    expect([status, body.reason, world.acts(world.lab)]).toEqual([404, 'vm_not_found_in_cluster', []]);
  });
});

describe("the switch on the plugin's page", () => {
  it('is looked at right before the write: off wins', async () => {
    const world = await aVerbWorld();
    turn(world, true);
    const first = await push(world, '/datacenter/aliases', { name: 'gw', cidr: '192.0.2.1' });

    turn(world, false);
    const second = await push(world, '/datacenter/aliases', { name: 'gw', cidr: '192.0.2.2' });

    expect([first.status, second.status, second.body.reason]).toEqual([200, 403, 'writes_disabled_for_endpoint']);
    expect(world.acts(world.lab)).toEqual(['POST /cluster/firewall/aliases']);
    expect(firewallAt(world.lab.state, 'cluster').aliases).toEqual([{ name: 'gw', cidr: '192.0.2.1' }]);
  });

  it('that cannot be read is a reason not to write', async () => {
    const world = await aVerbWorld();
    world.netbox.faults.add({ match: { path: /endpoints\/proxmox/ }, action: { status: 500 } });

    const { status, body } = await push(world, '/datacenter/aliases', { name: 'gw', cidr: '192.0.2.1' });

    expect([status, body.reason, world.acts(world.lab)]).toEqual([502, 'netbox_session_unavailable', []]);
  });
});
