import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { statuses } from '../../contract/sync/jobs.js';
import { all } from '../../contract/sync/target.js';
import type { ServiceAnswer } from '../../support/world.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const jobs = [
  { id: 'nightly', schedule: '02:00', vmid: '100,101', storage: 'local', enabled: 1 },
  { id: 'weekly', schedule: 'sun 03:00', vmid: '100', storage: 'local', enabled: 1 },
];

describe('the sync of backup jobs by name', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  beforeEach(async () => {
    const guests = [{ vmid: 100 }, { vmid: 101 }];
    lab = aCluster({ guests });
    const edge = aCluster({ name: 'edge', guests });
    for (const { backupJobs } of [lab, edge]) backupJobs.push(...structuredClone(jobs));
    target = await openSimulated(anEstate(lab, edge));
  });
  afterEach(() => target.close());

  const ask = (query: string, method = 'GET'): Promise<ServiceAnswer> =>
    target.world.ask(method, `/sync/individual/backup-routines?cluster_name=lab${query}`);
  const watched = async (query: string) => {
    let answer: ServiceAnswer | undefined;
    const seen = await target.watch(async () => {
      answer = await ask(query);
    });
    return { ...seen, ...answer! };
  };
  const rows = () => statuses(target, path.backupRoutines, 'job_id');
  const actions = ({ body }: ServiceAnswer): string[] =>
    body.items.map(({ name, action }: { name: string; action: string }) => `${name} ${action}`);

  it.each(['GET', 'POST'])('%s with a job_id writes that one, of that cluster', async (method) => {
    const { status, body } = await ask('&job_id=nightly', method);

    expect([status, body.object_type, body.action, body.error]).toEqual([200, 'backup_routine', 'created', null]);
    expect(body.proxmox_resource).toMatchObject({ id: 'nightly', schedule: '02:00' });
    expect(body.netbox_object).toMatchObject({ job_id: 'nightly', schedule: '02:00' });
    expect(await rows()).toEqual(['lab nightly: active']);
    const again = await watched('&job_id=nightly');
    expect([again.body.action, again.writes]).toEqual(['unchanged', []]);
  });

  it('without one it writes every job of the cluster, each with its outcome', async () => {
    await ask('&job_id=weekly');
    lab.backupJobs[1]!['schedule'] = 'sat 03:00';

    const answer = await ask('');

    expect([answer.status, answer.body.action, answer.body.error]).toEqual([200, 'created', null]);
    expect(actions(answer)).toEqual(['nightly created', 'weekly updated']);
    expect(await rows()).toEqual(['lab nightly: active', 'lab weekly: active']);
    const again = await watched('');
    expect([again.body.action, actions(again), again.writes]).toEqual([
      'unchanged',
      ['nightly unchanged', 'weekly unchanged'],
      [],
    ]);
  });

  it('a rehearsal writes nothing', async () => {
    for (const query of ['&job_id=nightly', '']) {
      const { body, writes, changes } = await watched(`${query}&dry_run=true`);
      expect([body.action, writes, changes]).toEqual(['dry_run', [], 0]);
    }
  });

  it('a job that is gone is 404, and its row is left to the stage of all jobs', async () => {
    await ask('');
    lab.backupJobs.shift();

    const { status, body, writes } = await watched('&job_id=nightly');
    const rest = await watched('');

    expect([status, body.action, writes]).toEqual([404, 'error', []]);
    expect(body.error).toBe('Backup routine nightly not found in Proxmox');
    expect([actions(rest), rest.writes]).toEqual([['weekly unchanged'], []]);
    expect(await rows()).toEqual(['lab nightly: active', 'lab weekly: active']);
  });

  it('a job that takes nobody is left out with the reason', async () => {
    lab.backupJobs[0]!['vmid'] = '';
    lab.backupJobs[0]!['pool'] = 'empty';

    const one = await ask('&job_id=nightly');
    const every = await ask('');

    expect([one.status, one.body.action, one.body.error]).toEqual([200, 'noop', null]);
    expect(one.body.reason).toContain('nightly');
    expect(actions(every)).toEqual(['nightly noop', 'weekly created']);
  });

  it('one job that NetBox refuses is told beside the others', async () => {
    lab.backupJobs[0]!['schedule'] = 'x'.repeat(300);

    const answer = await ask('');

    expect([answer.status, answer.body.action]).toEqual([502, 'error']);
    expect(actions(answer)).toEqual(['nightly error', 'weekly created']);
    expect(answer.body.error).toContain('nightly');
    expect(await rows()).toEqual(['lab weekly: active']);
  });

  it('jobs that cannot be listed are 502, and a cluster without jobs is none of its business', async () => {
    const isJobs = { match: { path: /cluster\/backup$/ }, action: { status: 500, reason: 'no' } };
    target.world.proxmox[0]!.faults.add(isJobs);
    expect((await ask('')).status).toBe(502);
    target.world.proxmox[0]!.faults.clear();
    lab.backupJobs.length = 0;

    const { status, body } = await ask('');

    expect([status, body.action, body.items]).toEqual([200, 'noop', []]);
    expect(await all(target, path.backupRoutines)).toEqual([]);
  });
});
