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
