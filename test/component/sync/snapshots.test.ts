import { afterEach, describe, expect, it } from 'vitest';
import { createEstate, migrateGuest, setNodeOnline } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anAwkwardEstate, anEstate } from '../../contract/sync/estates.js';
import { snapshotStage } from '../../contract/sync/snapshots.js';
import {
  all,
  machineOf,
  sync,
  syncPartly,
  syncPartlyQuietly,
  syncQuietly,
  watchedSync,
} from '../../contract/sync/target.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const cleanUp = `${snapshotStage}?delete_nonexistent_snapshot=true`;
const clean = { name: 'clean', description: '', snaptime: 1_777_500_000 };
const hourMs = 3_600_000;

describe('the stage of snapshots', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const twoGuests = () =>
    anEstate(
      aCluster({ guests: [100, 101].map((vmid) => ({ vmid, snapshots: [{ ...clean }, { ...clean, name: 'b' }] })) }),
    );
  const forgetAll = (): void => {
    for (const { guests } of target.world.estate.clusters)
      for (const guest of guests.values()) if (guest.snapshots !== 'unsupported') guest.snapshots.length = 0;
  };
  const rows = () => all(target, path.snapshots);

  it('has one row per snapshot of the whole estate', async () => {
    target = await openSimulated(anAwkwardEstate());
    await syncPartly(target, undefined);

    const wanted = target.world.estate.clusters.flatMap(({ name, guests, nodes }) =>
      [...guests.values()]
        .filter(({ node }) => nodes.find((one) => one.name === node)!.online)
        .flatMap(({ vmid, snapshots }) =>
          snapshots === 'unsupported' ? [] : snapshots.map((snapshot) => `${name}/${vmid}/${snapshot.name}`),
        ),
    );
    const states = await all(target, path.vmState);
    const stored = (await rows()).map((row) => {
      const state = states.find(({ virtual_machine }) => virtual_machine.id === row.virtual_machine.id);
      return `${state.proxmox_cluster_name}/${row.vmid}/${row.name}`;
    });
    expect(wanted.length).toBeGreaterThan(3);
    expect(stored.sort()).toEqual(wanted.sort());
    await syncQuietly(target, cleanUp);
  });

  describe('of guests of two clusters with one VMID, whose nodes are called alike,', () => {
    const open = async (second: string) => {
      const guest = (node: string) => ({ vmid: 100, node, snapshots: [{ ...clean }] });
      const lab = aCluster({ guests: [guest('pve1')] });
      const edge = aCluster({ name: 'edge', network: '10.9.9', guests: [guest(second)] });
      target = await openSimulated(anEstate(lab, edge));
      await sync(target);
      return { lab, edge };
    };
    /** The row of the guest of each cluster: its id and node. */
    const places = async () => {
      const stored = await rows();
      const machines = await Promise.all(['lab', 'edge'].map((cluster) => machineOf(target, 100, cluster)));
      return machines.map(({ machine }) => {
        const { id, node } = stored.find(({ virtual_machine: of }) => of.id === machine.id)!;
        return { id, node };
      });
    };

    it.each([
      ['swap their rows when the guests swap their nodes', 'pve1'],
      ['follow one another when the guests do', 'pve3'],
    ])('%s', async (_what, third) => {
      const { lab, edge } = await open('pve2');
      const [first, second] = await places();
      migrateGuest(lab, 100, 'pve2');
      migrateGuest(edge, 100, third);
      await target.world.restart();

      const { frames } = await sync(target);

      expect(frames.filter((frame) => JSON.stringify(frame).includes('snapshot_conflict'))).toEqual([]);
      expect(await places()).toEqual([
        { id: first!.id, node: 'pve2' },
        { id: second!.id, node: third },
      ]);
      await target.world.restart();
      await syncQuietly(target);
    });
  });

  it('one guest that cannot be read loses nothing, is told, and the others are cleaned up', async () => {
    target = await openSimulated(twoGuests());
    await sync(target);
    forgetAll();
    target.world.proxmox[0]!.faults.add({
      match: { path: /qemu\/100\/snapshot$/ },
      action: { status: 500, reason: 'broken' },
    });

    const { complete } = await syncPartly(target, cleanUp, ['read_incomplete']);

    expect((await rows()).map(({ vmid }) => vmid)).toEqual([100, 100]);
    expect(complete.result).toMatchObject({ deleted: 2, count: 1 });
    expect(complete.result!.warnings).toMatchObject([
      { reason: 'read_incomplete', message: expect.stringContaining('guest-100') },
    ]);
  });

  it('no guest that can be read fails the stage, and nothing is deleted', async () => {
    target = await openSimulated(twoGuests());
    await sync(target);
    forgetAll();
    target.world.proxmox[0]!.faults.add({ match: { path: /snapshot$/ }, action: { status: 500, reason: 'broken' } });

    const { complete } = await target.world.stream(cleanUp);

    expect(complete.ok).toBe(false);
    expect(complete.errors[0]?.detail).toContain('broken');
    expect(await rows()).toHaveLength(4);
  });

  it.each<[string, readonly object[]]>([
    ['nothing', []],
    ['only some', [{ name: 'clean', snaptime: 1 }]],
  ])('a list without the row `current` tells %s: nothing of the guest is deleted or changed', async (_text, data) => {
    target = await openSimulated(twoGuests());
    await sync(target);
    target.world.proxmox[0]!.faults.add({
      match: { path: /100\/snapshot$/ },
      action: { status: 200, reason: 'OK', body: { data } },
    });
    const before = await rows();

    const { complete } = await syncPartlyQuietly(target, cleanUp, ['read_incomplete']);

    expect(await rows()).toEqual(before);
    expect(complete.result!.warnings).toMatchObject([
      { reason: 'read_incomplete', message: expect.stringContaining('lacks the entry "current"') },
    ]);
  });

  it('guests of an offline node and guests that answer 501 keep their rows', async () => {
    target = await openSimulated(twoGuests());
    const [cluster] = target.world.estate.clusters;
    await sync(target);
    forgetAll();
    cluster!.guests.get(100)!.node = 'pve2';
    setNodeOnline(cluster!, 'pve2', false);
    cluster!.guests.get(101)!.snapshots = 'unsupported';
    await target.world.restart();

    const { complete } = await syncPartly(target, cleanUp, ['node_offline']);

    expect(await rows()).toHaveLength(4);
    expect(complete.result!.warnings!.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['node_offline', 'snapshots_unsupported']),
    );
  });

  it('however many are gone, a complete list has proven each, and only what an operator tagged stays', async () => {
    const snapshots = Array.from({ length: 12 }, (_, n) => ({ ...clean, name: `s${n}` }));
    target = await openSimulated(anEstate(aCluster({ guests: [{ vmid: 100, snapshots }] })));
    await sync(target);
    forgetAll();

    const mine = target.simulator.operator.create('extras/tags', { name: 'mine', slug: 'mine' });
    const [first] = await rows();
    target.simulator.operator.update('plugins/proxbox/snapshots', first.id, { tags: [mine.id] });

    const { complete } = await sync(target, cleanUp);

    expect(JSON.stringify(complete.result)).not.toContain('delete_limit');
    expect((await rows()).map(({ id }) => id)).toEqual([first.id]);
  });

  it('of one machine: only its snapshots are read, written and deleted', async () => {
    const estate = anEstate(
      aCluster({ guests: [100, 101].map((vmid) => ({ vmid, snapshots: [{ ...clean }] })) }),
      aCluster({ name: 'edge', nodes: ['edge1'], guests: [{ vmid: 100, snapshots: [{ ...clean }] }] }),
    );
    target = await openSimulated(estate);
    await sync(target);
    forgetAll();
    const { id } = (await machineOf(target, 100, 'lab')).machine;
    target.world.proxmox[0]!.resetCounters();

    const at = `/virtualization/virtual-machines/${id}/snapshots/create/stream?delete_nonexistent_snapshot=true`;
    const { complete } = await sync(target, at);

    expect(complete.result).toMatchObject({ count: 1, deleted: 1 });
    expect((await rows()).map((row) => `${row.node}/${row.vmid}`).sort()).toEqual(['edge1/100', 'pve1/101']);
    const reads = target.world.proxmox[0]!.requestLog.filter((entry) => entry.path.endsWith('/snapshot'));
    expect(reads.filter((entry) => entry.path.includes('/101/')).length).toBeLessThanOrEqual(1); // of the first run
  });

  it('a guest class that is switched off is left out', async () => {
    target = await openSimulated(twoGuests());
    await sync(target);
    forgetAll();

    const run = await watchedSync(target, `${cleanUp}&sync_mode_vm=disabled`);

    expect(run.writes).toEqual([]);
    expect(await rows()).toHaveLength(4);
  });

  it('costs few requests to NetBox and one to Proxmox per guest when nothing changed and everything is read', async () => {
    const clock = createSteppedClock();
    const estate = createEstate({ vms: 200, clusters: 1, nodesPerCluster: 4, seed: 5 });
    target = await openSimulated(estate, { clock, variables: { PROXBOX_FULL_READ_HOURS: '0' } });
    await sync(target);
    clock.step(hourMs);
    const [proxmox] = target.world.proxmox;
    proxmox!.resetCounters();

    const run = await watchedSync(target, snapshotStage);

    expect(run.writes).toEqual([]);
    expect(run.requests).toBe(15);
    const guests = [...target.world.estate.clusters[0]!.guests.values()];
    const having = guests.filter(({ snapshots }) => snapshots !== 'unsupported' && snapshots.length > 0).length;
    expect(proxmox!.counters.total).toBe(200 + having + 4);
  });
});
