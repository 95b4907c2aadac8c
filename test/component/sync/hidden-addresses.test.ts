/** Addresses that the token may not view: they are not made a second time where NetBox would take them. */
import { afterEach, describe, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { sync, syncQuietly } from '../../contract/sync/target.js';
import { addGuest, type EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, macOf, say } from './talkers.js';

const right = 'ipam.view_ipaddress';

describe('an address that the token may not view, where NetBox keeps addresses not unique', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (): Promise<void> => {
    lab = aCluster({ guests: [aTalker(100, ['10.0.0.100']), aTalker(101, ['10.0.0.101', '10.0.0.102'])] });
    addGuest(lab, {
      vmid: 120,
      name: 'ct120',
      type: 'lxc',
      node: 'pve1',
      status: 'running',
      config: {
        hostname: 'ct120',
        rootfs: 'ceph:vm-120-disk-0,size=8G',
        net0: `name=eth0,bridge=vmbr0,hwaddr=${macOf(120)},ip=dhcp`,
      },
      containerInterfaces: [{ name: 'eth0', hwaddr: macOf(120).toLowerCase(), inet: '10.0.0.120/24' }],
    });
    target = await openSimulated(anEstate(lab), { netbox: { globalUnique: false } });
    await sync(target);
  };
  const hide = async (host: string): Promise<void> => {
    for (const token of target.simulator.tokens.all())
      token.mayViewOnly.set('ipam/ip-addresses', ({ address }) => !String(address).startsWith(`${host}/`));
    await target.world.restart();
  };
  const rowsOf = (host: string) =>
    target.simulator.state.objects('ipam/ip-addresses').filter(({ address }) => String(address).startsWith(`${host}/`));

  it.each([
    ['that the plugin names at the interface inside the guest, and its machine as the primary one', '10.0.0.101'],
    ['that the plugin names alone', '10.0.0.102'],
    ['of a container, that its machine names', '10.0.0.120'],
  ])('is not made again, and the right is named: %s', async (_what, host) => {
    await open();
    const before = rowsOf(host);
    await hide(host);

    for (let run = 1; run <= 3; run += 1) {
      const seen = await target.watch(async () => {
        const { frames, complete } = await target.world.stream('/full-update/stream');
        expect(complete.result).toMatchObject({ status: 'partial' });
        expect(JSON.stringify(frames)).toContain(right);
      });
      expect(seen.writes, `run ${run}`).toEqual([]);
    }

    expect(rowsOf(host)).toEqual(before);
    for (const token of target.simulator.tokens.all()) token.mayViewOnly.clear();
    await target.world.restart();
    await syncQuietly(target);
  });

  it('is not made again at the guest that it moves to, and moves there when it may be viewed', async () => {
    await open();
    const before = rowsOf('10.0.0.101');
    await hide('10.0.0.101');
    say(lab, 100, ['10.0.0.100', '10.0.0.101']);
    say(lab, 101, ['10.0.0.102']);

    for (const run of [1, 2, 3]) {
      const seen = await target.watch(async () => {
        const { frames } = await target.world.stream('/full-update/stream');
        expect(JSON.stringify(frames), `run ${run}`).toContain(right);
      });
      if (run > 1) expect(seen, `run ${run}`).toMatchObject({ writes: [], changes: 0 });
      expect(
        rowsOf('10.0.0.101').map(({ id }) => id),
        `run ${run}`,
      ).toEqual(before.map(({ id }) => id));
    }

    for (const token of target.simulator.tokens.all()) token.mayViewOnly.clear();
    await target.world.restart();
    await sync(target);
    const [row, ...others] = rowsOf('10.0.0.101');
    const port = target.simulator.state.find(
      'virtualization/interfaces',
      ({ id }) => id === row!['assigned_object_id'],
    )!;
    const machine = target.simulator.state.find(
      'virtualization/virtual-machines',
      ({ id }) => id === port['virtual_machine'],
    )!;
    expect([row!.id, machine['name'], others]).toEqual([before[0]!.id, 'host100', []]);
    await syncQuietly(target);
  });

  it('does not keep a guest from an address that nothing names: it is new', async () => {
    await open();
    await hide('10.0.0.101');
    say(lab, 100, ['10.0.0.100', '10.0.0.200']);

    await target.world.stream('/full-update/stream');

    expect(rowsOf('10.0.0.200')).toHaveLength(1);
  });
});
