/** Runs and plans that go on by themselves, whoever asked for them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { aMoment, eventually } from '../../support/eventually.js';
import { openWorld, type World } from '../../support/world.js';

describe('begun and left alone,', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ estate: createEstate({ vms: 3, clusters: 1, seed: 5 }) });
  });
  afterEach(() => world.close());

  const ended = (id: string) =>
    eventually(async () => {
      const { body } = await world.ask('GET', `/runs/${id}`);
      expect(body.status).not.toBe('running');
      return body;
    });
  const writes = () => world.netbox.requestLog.filter(({ method }) => method !== 'GET').length;

  it('a full update is named while it goes on, can be read along, and ends as any other', async () => {
    const moment = aMoment();
    world.proxmox[0]!.faults.add({ match: { path: /qemu\/\d+\/config/, times: 1 }, action: { until: moment.come } });

    const { status, body } = await world.ask('POST', '/runs');

    expect([status, body]).toEqual([202, { id: expect.any(String), status: 'running' }]);
    expect((await world.ask('GET', `/runs/${body.id}`)).body).toMatchObject({ kind: 'full-update', status: 'running' });
    const along = world.stream(`/runs/${body.id}/stream`);
    moment.now();
    expect((await along).complete).toMatchObject({ ok: true, result: { run_id: body.id } });
    expect(await ended(body.id)).toMatchObject({ status: 'completed', trigger: 'api' });
  });

  it('one stage is', async () => {
    const { body } = await world.ask('POST', '/runs?stage=devices');

    expect(await ended(body.id)).toMatchObject({ kind: 'devices', status: 'completed' });
  });

  it('a run can be cancelled', async () => {
    const moment = aMoment();
    world.proxmox[0]!.faults.add({ match: { path: /qemu\/\d+\/config/, times: 1 }, action: { until: moment.come } });
    const { body } = await world.ask('POST', '/runs');
    await eventually(async () => expect((await world.ask('GET', `/runs/${body.id}`)).body.stages.length).toBe(3));

    expect((await world.ask('POST', `/runs/${body.id}/cancel`)).status).toBe(202);

    moment.now();
    expect(await ended(body.id)).toMatchObject({ status: 'cancelled' });
  });

  it('a plan is made without a write, and applied as it was shown', async () => {
    world.netbox.resetCounters();
    const made = await world.ask('POST', '/plans?wait=false');
    expect(made.status).toBe(202);
    expect(await ended(made.body.id)).toMatchObject({ kind: 'plan', status: 'completed' });
    expect(writes()).toBe(0);
    const plan = (await world.ask('GET', `/plans/${made.body.id}`)).body;
    expect([plan.query, plan.drift > 0]).toEqual([{}, true]);

    const applied = await world.ask('POST', `/plans/${made.body.id}/apply?wait=false`);

    expect([applied.status, applied.body]).toEqual([
      202,
      { id: applied.body.run_id, status: 'running', plan_id: made.body.id, run_id: expect.any(String) },
    ]);
    expect(await ended(applied.body.run_id)).toMatchObject({ kind: 'full-update', status: 'completed' });
    expect((await world.ask('POST', '/plans')).body.drift).toBe(0);
  });

  it('nothing is where the request makes no sense, or what was shown is no longer true', async () => {
    const { id } = (await world.ask('POST', '/plans')).body;
    world.proxmox[0]!.state.guests.values().next().value!.memoryMb += 1024;
    const answers = await Promise.all([
      world.ask('POST', '/runs?stage=none'),
      world.ask('POST', '/runs?stage=sweep-orphans'),
      world.ask('POST', '/runs?dry_run=true'),
      world.ask('POST', '/runs?proxmox_endpoint_ids=99'),
      world.ask('POST', '/plans?wait=maybe'),
      world.ask('POST', `/plans/${id}/apply?wait=false`),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 400, 422, 409]);
    expect((await world.ask('GET', '/runs')).body.runs).toEqual([]);
  });
});
