/** Plans: what a run would do is shown, kept, and then done as it was shown, or not at all. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../src/config/clock.js';
import { createEstate, type Estate } from '../../simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';

interface Change {
  readonly kind: string;
  readonly key: string;
  readonly label: string;
  readonly outcome: string;
  readonly netbox_id: number | null;
  readonly changes: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
}

const dayMs = 86_400_000;
let laterMs = 0;
const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + laterMs) };
let estate: Estate;
let world: World;
beforeEach(async () => {
  estate = createEstate({ vms: 4, clusters: 1, seed: 5 });
  laterMs = 0;
  world = await openWorld({ estate, clock });
});
afterEach(() => world.close());

const guests = () => [...estate.clusters[0]!.guests.values()];
const plan = async (query = '') => (await world.ask('POST', `/plans${query}`)).body;
const apply = (id: string, query = '') => world.ask('POST', `/plans/${id}/apply${query}`);
const writes = () => world.netbox.requestLog.filter(({ method }) => method !== 'GET').length;
const changesOf = (body: { changes: readonly Change[] }, kind: string) =>
  body.changes.filter((one) => one.kind === kind);

describe('a plan', () => {
  it('of an empty NetBox shows every object with what it would hold, and writes nothing', async () => {
    world.netbox.resetCounters();
    const made = await plan();

    expect(writes()).toBe(0);
    expect(made).toMatchObject({ kind: 'plan', plan_of: 'full-update', status: 'completed', is_expired: false });
    const machines = changesOf(made, 'virtual-machine');
    expect(machines.map(({ label }) => label).sort()).toEqual(
      guests()
        .map(({ name }) => name)
        .sort(),
    );
    expect(machines.every(({ outcome, netbox_id: id }) => outcome === 'created' && id === null)).toBe(true);
    const fields = Object.fromEntries(machines[0]!.changes.map(({ field, to }) => [field, to]));
    expect(fields).toMatchObject({ name: machines[0]!.label, cluster: expect.stringMatching(/^cluster:/) });
    // What hangs on objects that are not there yet.
    for (const kind of ['vm-interface', 'virtual-disk', 'vm-state', 'node-interface', 'storage'])
      expect([kind, changesOf(made, kind).length > 0]).toEqual([kind, true]);
    const texts = made.changes.flatMap(({ key, changes }: Change) => [
      key,
      ...changes.map(({ to }) => JSON.stringify(to)),
    ]);
    expect(texts.filter((text: string) => /(^|[^a-z0-9])-\d+\b/.test(text))).toEqual([]);
    expect(made.drift).toBe(
      made.changes.filter(({ outcome }: Change) => /ed$/.test(outcome) && outcome !== 'skipped' && outcome !== 'failed')
        .length,
    );
  });

  it('is carried out as it was shown', async () => {
    const { id } = await plan();
    const applied = await apply(id);
    expect(applied).toMatchObject({ status: 200, body: { ok: true, status: 'completed', plan_id: id } });

    const { changes } = (await world.ask('GET', `/plans/${id}`)).body;
    const { items } = (await world.ask('GET', `/runs/${applied.body.run_id}/items?limit=1000`)).body;
    const told = (list: readonly Change[]) =>
      list
        .map(({ kind, key, outcome, changes: fields }) => `${outcome} ${kind} ${key} ${JSON.stringify(fields)}`)
        .sort();
    expect(told(items)).toEqual(told(changes));
    expect((await plan()).drift).toBe(0);
    expect(await world.ask('GET', '/runs?kind=full-update')).toMatchObject({
      body: { runs: [{ id: applied.body.run_id }] },
    });
    const { runs } = (await world.ask('GET', '/runs')).body;
    expect(runs.map(({ kind }: { kind: string }) => kind)).not.toContain('plan');
    expect((await world.ask('GET', '/plans')).body.plans.map((one: { id: string }) => one.id)).toContain(id);
  });

  it('is refused with the differences when something else would be done now, and goes on with the rest when asked to', async () => {
    await world.fullUpdate();
    const [first, second] = guests();
    first!.memoryMb += 512;
    second!.memoryMb += 512;
    const { id, changes } = await plan();
    expect(changes.map(({ label }: Change) => label).sort()).toEqual([first!.name, second!.name].sort());
    second!.memoryMb += 512;
    world.netbox.resetCounters();

    const refused = await apply(id);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      difference_count: 1,
      differences: [
        {
          label: second!.name,
          shown: 'updated',
          now: 'updated',
          fields: [{ field: 'memory', shown: second!.memoryMb - 512, now: second!.memoryMb }],
        },
      ],
    });
    expect(writes()).toBe(0);

    const applied = await apply(id, '?allow_drift=true');
    expect(applied).toMatchObject({ status: 200, body: { status: 'partial', ok: false } });
    const stored = world.netbox.state.objects('virtualization/virtual-machines');
    const memory = (name: string) => stored.find((row) => row['name'] === name)?.['memory'];
    expect([memory(first!.name), memory(second!.name)]).toEqual([first!.memoryMb, second!.memoryMb - 1024]);
    expect(applied.body.errors).toMatchObject([{ reason: 'not_in_plan' }]);
  });

  it('of one stage is of that stage, and read as text', async () => {
    await world.fullUpdate();
    guests()[0]!.memoryMb += 512;
    const made = await plan('?stage=virtual-machines');
    expect(made).toMatchObject({ plan_of: 'virtual-machines', drift: 1, query: {} });
    const { body } = await world.ask('GET', `/plans/${made.id}?format=text`);
    expect(body).toContain(`Plan ${made.id} of virtual-machines`);
    expect(body).toContain(`  ~ ${guests()[0]!.name} (VMID ${guests()[0]!.vmid}) (NetBox id`);
    expect(body).toMatch(/memory: \d+ -> \d+/);
    expect(body).toContain('Plan: 0 to create, 1 to change, 0 to delete.');
  });

  it('is read as a document without script and style, with all that it says', async () => {
    await world.fullUpdate();
    guests()[0]!.memoryMb += 512;
    const made = await plan();

    const { status, body, headers } = await world.ask('GET', `/plans/${made.id}?format=html`);

    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
    expect(body).toMatch(/^<!doctype html>\s+<html lang="en">/);
    expect(body).toContain(`<strong>${guests()[0]!.name} (VMID ${guests()[0]!.vmid})`);
    expect(body).toContain(`<p><strong>Plan: 0 to create, ${made.drift} to change, 0 to delete.`);
    const tags = new Set([...body.matchAll(/<\/?([^\s>]+)/g)].map(([, tag]: RegExpMatchArray) => tag));
    expect([...tags].sort()).toEqual([
      '!doctype',
      'body',
      'code',
      'h1',
      'h2',
      'h3',
      'head',
      'html',
      'li',
      'main',
      'meta',
      'p',
      'section',
      'strong',
      'title',
      'ul',
    ]);
  });

  it('can be applied for a day, and then is refused and read as what it was', async () => {
    const { id, started_at: at, expires_at: until } = await plan();
    expect(Date.parse(until) - Date.parse(at)).toBe(dayMs);
    world.netbox.resetCounters();
    laterMs = dayMs;

    const refused = await apply(id);

    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('is older than a day');
    expect((await apply(id, '?allow_drift=true')).status).toBe(409);
    expect(writes()).toBe(0);
    expect((await world.ask('GET', `/plans/${id}`)).body).toMatchObject({ is_expired: true, status: 'completed' });
    const { plans } = (await world.ask('GET', '/plans')).body;
    expect(plans).toMatchObject([{ id, is_expired: true }]);
    laterMs = dayMs - 60_000;
    expect(await apply(id)).toMatchObject({ status: 200, body: { ok: true } });
  });

  it('is not found, not made and not applied where there is none', async () => {
    expect(await world.ask('GET', '/plans/none')).toMatchObject({ status: 404 });
    expect(await apply('none')).toMatchObject({ status: 404 });
    expect(await world.ask('POST', '/plans?stage=nothing')).toMatchObject({ status: 422 });
    expect(await world.ask('POST', '/plans?dry_run=true')).toMatchObject({ status: 422 });
    const run = (await world.fullUpdate()).complete.result?.['run_id'];
    expect(await world.ask('GET', `/plans/${String(run)}`)).toMatchObject({ status: 404 });
  });
});
