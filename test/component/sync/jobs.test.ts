import { afterEach, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { aReplication, replicationStage, routineStage, statuses } from '../../contract/sync/jobs.js';
import { all, sync, syncPartly, syncPartlyQuietly, syncQuietly, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

describe('the stages replications and backup-routines', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const aPair = () => {
    const lab = aCluster({ guests: [{ vmid: 100 }, { vmid: 101 }] });
    const edge = aCluster({ name: 'edge', guests: [{ vmid: 100, name: 'edge-100' }] });
    lab.replicationJobs.push(aReplication(100), aReplication(101));
    edge.replicationJobs.push(aReplication(100));
    lab.backupJobs.push({ id: 'one', vmid: '100' });
    edge.backupJobs.push({ id: 'one', vmid: '100' });
    return { lab, edge };
  };

  it('a list that cannot be read marks nothing, and the other cluster is done', async () => {
    const { lab, edge } = aPair();
    target = await openSimulated(anEstate(lab, edge));
    await sync(target);
    for (const jobs of [lab.replicationJobs, lab.backupJobs, edge.replicationJobs, edge.backupJobs]) jobs.length = 0;
    target.world.proxmox[0]!.faults.add({
      match: { path: /cluster\/(replication|backup)$/ },
      action: { status: 500, reason: 'no' },
    });

    const replications = await syncPartly(target, replicationStage, ['endpoint_unreachable']);
    const routines = await syncPartly(target, routineStage, ['endpoint_unreachable']);

    expect(replications.complete.result).toMatchObject({ stale: 1 });
    expect(replications.complete.result!.warnings).toMatchObject([{ reason: 'endpoint_unreachable' }]);
    expect(routines.complete.result).toMatchObject({ stale: 1 });
    const left = await all(target, path.replications, '&status=active');
    expect(left.map((row) => row.virtual_machine.name).sort()).toEqual(['guest-100', 'guest-101']);
  });

  it('a job whose guest has gone with it is marked only when the account sees every guest', async () => {
    const { lab } = aPair();
    target = await openSimulated(anEstate(lab));
    await sync(target);
    lab.guests.delete(101);
    lab.replicationJobs.length = 1;
    await target.world.restart();
    target.world.proxmox[0]!.faults.add({
      match: { path: /access\/permissions$/ },
      action: { status: 500, reason: 'no' },
    });

    const doubtful = await syncPartlyQuietly(target, replicationStage, ['read_incomplete']);
    target.world.proxmox[0]!.faults.clear();
    const sure = await sync(target, replicationStage);

    expect(doubtful.complete.result!.warnings).toMatchObject([{ reason: 'read_incomplete' }]);
    expect(sure.complete.result).toMatchObject({ stale: 1 });
  });

  it('more than a healthy change explains is not marked, unless it is asked for', async () => {
    const lab = aCluster({ guests: [{ vmid: 100 }] });
    for (let n = 0; n < 12; n += 1) lab.backupJobs.push({ id: `job-${n}`, vmid: '100' });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    lab.backupJobs.length = 0;

    const held = await syncPartlyQuietly(target, routineStage, ['delete_limit']);
    const forced = await sync(target, `${routineStage}?force_deletes=true`);

    expect(held.complete.result!.warnings).toMatchObject([{ reason: 'delete_limit' }]);
    expect(forced.complete.result).toMatchObject({ stale: 12 });
  });

  it('without an endpoint of the plugin that is surely the one, nothing is written', async () => {
    const { lab, edge } = aPair();
    target = await openSimulated(anEstate(lab, edge));
    await sync(target);
    const second = (await all(target, path.endpoints)).find(({ name }) => name === 'edge');
    await target.netbox.remove(`${path.endpoints}${second.id}/`);
    const rows = await statuses(target, path.backupRoutines, 'job_id');

    const replications = await syncQuietly(target, replicationStage);
    const routines = await syncQuietly(target, routineStage);

    expect(rows).toHaveLength(1);
    expect(replications.complete.result).toMatchObject({ unchanged: 2, skipped: 1 });
    expect(routines.complete.result!.warnings).toMatchObject([{ reason: 'endpoint_unknown_to_plugin' }]);
  });

  it('200 guests: a fixed number of requests when nothing has changed and everything is read', async () => {
    const estate = createEstate({ vms: 200, clusters: 2, nodesPerCluster: 2, seed: 1 });
    target = await openSimulated(estate, { variables: { PROXBOX_FULL_READ_HOURS: '0' } });
    await sync(target);
    await target.world.restart();

    const replications = await watchedSync(target, replicationStage);
    await target.world.restart();
    const routines = await watchedSync(target, routineStage);

    expect([replications.writes, replications.requests, routines.writes, routines.requests]).toEqual([[], 15, [], 15]);
  });

  it('tell the full update what was written', async () => {
    const { lab, edge } = aPair();
    target = await openSimulated(anEstate(lab, edge));

    const first = await sync(target);
    const second = await sync(target);

    expect(first.complete.result).toMatchObject({ replications_count: 3, backup_routines_count: 2 });
    expect(second.complete.result).toMatchObject({
      replications_count: 0,
      replications: { unchanged: 3, stale: 0 },
      task_history_count: 3,
    });
  });
});
