import { afterEach, describe, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { sync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const inBranch = '/full-update/stream?netbox_branch_schema_id=br4nch01';

describe('a run in a branch of NetBox', () => {
  let target: SimulatedTarget;
  const open = async (branching: boolean): Promise<void> => {
    target = await openSimulated(anEstate(aCluster({ guests: [{ vmid: 100 }] })), { netbox: { branching } });
  };
  const machines = (branch?: string): number =>
    target.simulator.state.objects('virtualization/virtual-machines', branch).length;
  afterEach(() => target.close());

  it('fails before any write where netbox-branching is not installed', async () => {
    await open(false);

    const seen = await target.watch(async () => {
      const { complete } = await target.world.stream(inBranch);
      expect(complete.ok).toBe(false);
      expect(complete.errors[0]?.detail).toContain('netbox-branching');
    });

    expect(seen.writes).toEqual([]);
  });

  it('fails before any write where NetBox has no such branch, and says which', async () => {
    await open(true);

    const seen = await target.watch(async () => {
      const { complete } = await target.world.stream('/full-update/stream?netbox_branch_schema_id=nosuch');
      expect(complete.ok).toBe(false);
      expect(complete.errors[0]?.detail).toMatch(
        /the NetBox branch 'nosuch' cannot be used \(Invalid branch identifier\)/,
      );
    });

    expect(seen.writes).toEqual([]);
  });

  it('writes into the branch alone: every write carries its name, and main stays untouched', async () => {
    await open(true);
    const rows = target.simulator.changelogRows;
    target.simulator.resetCounters();

    await sync(target, inBranch);

    const writes = target.simulator.requestLog.filter(({ method }) => method !== 'GET');
    expect(writes.length).toBeGreaterThan(5);
    expect(new Set(writes.map(({ branch }) => branch))).toEqual(new Set(['br4nch01']));
    expect([machines(), machines('br4nch01')]).toEqual([0, 1]);
    expect(target.simulator.changelogRows).toBe(rows);
  });

  it('points at rows of the plugin that main has, and at no others, which no merge would take along', async () => {
    const rows = ['plugins/proxbox/proxmox-clusters', 'plugins/proxbox/proxmox-nodes'];
    const pointers = (branch: string): unknown =>
      target.simulator.state
        .objects('plugins/proxbox/sync-state/virtual-machines', branch)
        .map(({ proxmox_cluster, proxmox_node }) => [proxmox_cluster, proxmox_node]);
    const linkWrites = (): readonly string[] =>
      target.simulator.requestLog
        .filter(({ method, target: at }) => method === 'PATCH' && /proxmox-(clusters|nodes)/.test(at))
        .map(({ target: at }) => at);
    await open(true);
    await sync(target, inBranch);
    expect(pointers('br4nch01')).toEqual([[expect.any(Number), expect.any(Number)]]);
    expect(linkWrites()).toHaveLength(2);

    target.simulator.state.objects(rows[0]!, 'br4nch02'); // the branch begins, with the rows that main then loses
    for (const path of rows.toReversed())
      for (const { id } of target.simulator.state.objects(path)) target.simulator.operator.remove(path, id);
    target.simulator.resetCounters();
    await sync(target, '/full-update/stream?netbox_branch_schema_id=br4nch02');

    expect(target.simulator.state.objects(rows[1]!, 'br4nch02')).not.toEqual([]);
    expect(pointers('br4nch02')).toEqual([[null, null]]);
    expect(linkWrites()).toEqual([]);
  });

  it.each(['UPPER', 'a b', 'x%0d%0ay', 'x'.repeat(65)])('"%s" is no name of a branch: 422', async (name) => {
    await open(true);

    const { status } = await target.world.ask('GET', `/full-update/stream?netbox_branch_schema_id=${name}`);

    expect(status).toBe(422);
  });

  it('an empty name means main', async () => {
    await open(false);

    await sync(target, '/full-update/stream?netbox_branch_schema_id=');

    expect(machines()).toBe(1);
  });
});
