import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import type { RunEvent } from '../../../src/sync/events.js';
import { PlanBuilder } from '../../../src/sync/plan/plan-builder.js';
import { runStage, stageResultBody } from '../../../src/sync/stage-runner.js';
import type { Stage } from '../../../src/sync/stage.js';
import type { Change, Plan } from '../../../src/sync/types.js';
import { createInMemoryNetBox } from '../../support/factories/in-memory-netbox.js';
import { stored } from '../../support/factories/netbox-records.js';
import { refusal } from '../../support/factories/netbox-rules.js';
import { aRun } from '../../support/factories/run.js';
import { aStage } from '../../support/factories/stages.js';
import { aDesired, aPlan } from '../../support/factories/sync.js';

const source = { endpointId: 1, cluster: 'lab', node: 'pve1', vmid: 100 };
const wanted = (name: string, memory = 1) =>
  aDesired({ key: name, label: name, source, fields: { name, status: 'active', cluster: 1, memory } });

/** One machine of every fate. */
function everyFate() {
  const netbox = createInMemoryNetBox();
  netbox.verdict = ({ body }) => (body.name === 'bad' ? refusal({ name: ['no'] }) : undefined);
  const put = (name: string) =>
    stored('virtual-machine', netbox.put('/api/virtualization/virtual-machines/', { name, status: 'active' }));
  const kept = put('kept');
  const old = put('old');
  const changes: readonly Change[] = [
    { action: 'create', desired: wanted('new') },
    {
      action: 'update',
      desired: wanted('old', 2),
      current: old,
      patch: { memory: 2 },
      why: [{ field: 'memory', from: 1, to: 2 }],
    },
    { action: 'keep', desired: wanted('kept'), current: kept },
    { action: 'create', desired: wanted('bad') },
    {
      action: 'skip',
      kind: 'virtual-machine',
      key: 'off',
      label: 'off',
      source,
      reason: { code: 'node_offline', message: 'The node is offline.' },
    },
    {
      action: 'refuse',
      kind: 'virtual-machine',
      key: 'odd',
      label: 'odd',
      reason: { code: 'config_unreadable', message: 'Unreadable.' },
    },
  ];
  return { netbox, changes };
}

async function perform(stage: Stage, netbox = createInMemoryNetBox()) {
  const { run, events } = aRun(netbox.client);
  return { result: await runStage(stage, run), events };
}

function of<Name extends RunEvent['event']>(events: readonly RunEvent[], name: Name) {
  return events.flatMap((event) => (event.event === name ? [event.data] : [])) as Extract<
    RunEvent,
    { event: Name }
  >['data'][];
}

describe('the account of a stage', () => {
  it('puts every discovered object into exactly one column', async () => {
    const { netbox, changes } = everyFate();
    const plan = aPlan(changes, { discovered: new Map([['virtual-machine', 6]]) });
    const { result } = await perform(aStage({ plan }), netbox);
    expect(result.counts).toEqual({
      created: 1,
      updated: 1,
      unchanged: 1,
      deleted: 0,
      failed: 2,
      skipped: 1,
      total: 6,
    });
    const { created, updated, unchanged, skipped, failed, discovered } = result.kinds.get('virtual-machine') ?? {
      discovered: -1,
      created: 0,
      updated: 0,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    };
    expect(created + updated + unchanged + skipped + failed).toBe(discovered);
    expect(result.count).toBe(3);
    expect(result.status).toBe('partial');
    expect(result.warnings).toEqual([]);
  });

  it('says so when an object got lost on the way', async () => {
    const { netbox, changes } = everyFate();
    const plan = aPlan(changes, { discovered: new Map([['virtual-machine', 7]]) });
    const { result } = await perform(aStage({ plan }), netbox);
    expect(result.warnings.map(({ message }) => message)).toEqual([
      '7 objects of kind "virtual machine" were discovered, but 6 are accounted for. Please report this.',
    ]);
  });

  it('names what failed and what was skipped, with reason and place', async () => {
    const { netbox, changes } = everyFate();
    const body = stageResultBody((await perform(aStage({ plan: aPlan(changes) }), netbox)).result);
    expect(body).toMatchObject({ count: 3, created: 1, updated: 1, unchanged: 1, skipped: 1, failed: 2 });
    expect(body.errors).toMatchObject([
      { reason: 'config_unreadable', kind: 'virtual machine', name: 'odd', detail: 'Unreadable.' },
      { reason: 'rejected', name: 'bad', cluster: 'lab', node: 'pve1', vmid: 100 },
    ]);
    expect(body.warnings).toEqual([
      {
        reason: 'node_offline',
        kind: 'virtual machine',
        name: 'off',
        detail: 'The node is offline.',
        cluster: 'lab',
        node: 'pve1',
        vmid: 100,
      },
    ]);
  });

  it('counts objects of other kinds apart', async () => {
    const desired = aDesired({ kind: 'tag', key: 'prod', label: 'prod', fields: { name: 'prod', slug: 'prod' } });
    const { result } = await perform(aStage({ plan: aPlan([{ action: 'create', desired }]) }));
    expect([result.counts.total, result.kinds.get('tag')?.created]).toEqual([0, 1]);
  });
});

describe('the frames of a stage', () => {
  it('announce at most 20 items with the exact count', async () => {
    const items = Array.from({ length: 45 }, (_, index) => ({ name: `vm${index}`, item_type: 'qemu' }));
    const { events } = await perform(aStage({ items }));
    const [discovery] = of(events, 'discovery');
    expect(discovery).toMatchObject({
      phase: 'virtual-machines',
      message: 'Discovered 45 virtual machine(s) to synchronize',
      count: 45,
      progress: { current: 0, total: 45, percent: 0 },
    });
    expect(discovery?.items).toHaveLength(20);
  });

  it('tell the fate of each object', async () => {
    const { netbox, changes } = everyFate();
    const { events } = await perform(aStage({ plan: aPlan(changes) }), netbox);
    const told = of(events, 'item_progress').map(({ item, status, operation, error, warning }) => [
      item.name,
      status,
      operation,
      error ?? warning,
    ]);
    expect(told.sort()).toMatchObject(
      [
        ['bad', 'failed', 'failed', expect.stringContaining('bad')],
        ['kept', 'completed', undefined, undefined],
        ['new', 'completed', 'created', undefined],
        ['odd', 'failed', 'failed', 'Unreadable.'],
        ['off', 'skipped', 'skipped', 'The node is offline.'],
        ['old', 'completed', 'updated', undefined],
      ].filter(([name]) => told.some(([shown]) => shown === name)),
    );
    expect(told.map(([name]) => name)).toEqual(expect.arrayContaining(['bad', 'new', 'odd', 'off', 'old']));
  });

  it('say which fields changed, and where the object is', async () => {
    const { netbox, changes } = everyFate();
    const { events } = await perform(aStage({ plan: aPlan(changes) }), netbox);
    const old = of(events, 'item_progress').find(({ item }) => item.name === 'old');
    expect(old).toMatchObject({
      message: 'virtual machine "old": updated (memory)',
      item: { item_type: 'virtual-machine', extra: { cluster: 'lab', vmid: 100 } },
    });
    expect(old?.item.netbox_id).toBeGreaterThan(0);
  });

  it('say where the object is also when nothing but its id was read', async () => {
    const builder = new PlanBuilder();
    builder.keep({ kind: 'virtual-machine', key: 'web', label: 'web' }, 7);
    const { events } = await perform(aStage({ plan: builder.build('virtual-machines') }));
    expect(of(events, 'item_progress')).toMatchObject([{ item: { name: 'web', netbox_id: 7 } }]);
  });

  it('are few when nothing changed', async () => {
    const changes = Array.from({ length: 500 }, (_, index): Change => ({
      action: 'keep',
      desired: wanted(`vm${index}`),
      current: stored('virtual-machine', { id: index + 1 }),
    }));
    const { events } = await perform(aStage({ plan: aPlan(changes) }));
    expect(of(events, 'item_progress')).toHaveLength(10);
  });

  it('sum up what was done', async () => {
    const { netbox, changes } = everyFate();
    const [summary] = of((await perform(aStage({ plan: aPlan(changes) }), netbox)).events, 'phase_summary');
    expect(summary).toMatchObject({
      status: 'completed_with_errors',
      message:
        'Virtual machines sync completed with errors: 3 synchronized, 2 failed (1 created, 1 updated, 1 unchanged, 1 skipped)',
      result: { created: 1, updated: 1, unchanged: 1, deleted: 0, failed: 2, skipped: 1, total: 6 },
    });
    const [clean] = of((await perform(aStage())).events, 'phase_summary');
    expect(clean).toMatchObject({
      status: 'completed',
      message: 'Virtual machines sync completed: 0 synchronized (0 created, 0 updated, 0 unchanged)',
    });
  });

  it('tell names that were resolved and warnings of the plan', async () => {
    const plan = aPlan([], {
      warnings: [{ code: 'disk_unsized', message: 'scsi1 has no size.' }],
      nameResolutions: [
        { cluster: 'lab', originalName: 'a', resolvedName: 'a (2)', vmid: 5, suffixIndex: 2, operatorRenamed: false },
      ],
    });
    const { events } = await perform(aStage({ plan }));
    expect(of(events, 'duplicate_name_resolved')).toEqual([
      {
        event: 'duplicate_name_resolved',
        cluster: 'lab',
        original_name: 'a',
        resolved_name: 'a (2)',
        vmid: 5,
        suffix_index: 2,
        operator_renamed: false,
      },
    ]);
    expect(of(events, 'error_detail')).toMatchObject([
      { category: 'validation', detail: 'disk_unsized: scsi1 has no size.' },
    ]);
  });
});

describe('a stage that could do nothing', () => {
  it('is failed when every object failed, after it told them', async () => {
    const { run, events } = aRun(createInMemoryNetBox().client);
    const plan = aPlan([
      {
        action: 'refuse',
        kind: 'virtual-machine',
        key: 'a',
        label: 'a',
        reason: { code: 'config_unreadable', message: 'No.' },
      },
    ]);
    expect(await runStage(aStage({ plan }), run)).toMatchObject({
      status: 'failed',
      error: { code: 'stage_failed', detail: expect.stringContaining('No.') },
    });
    expect(of(events, 'phase_summary')).toHaveLength(1);
  });

  it.each<[string, readonly Change[], string]>([
    ['nothing was discovered', [], 'completed'],
    [
      'everything was skipped on purpose',
      [
        {
          action: 'skip',
          kind: 'virtual-machine',
          key: 'a',
          label: 'a',
          reason: { code: 'mode_disabled', message: 'x' },
        },
      ],
      'completed',
    ],
    [
      'its only node is offline',
      [
        {
          action: 'skip',
          kind: 'virtual-machine',
          key: 'a',
          label: 'a',
          reason: { code: 'node_offline', message: 'x' },
        },
      ],
      'partial',
    ],
  ])('is no failure when %s', async (_when, changes, status) => {
    expect((await perform(aStage({ plan: aPlan(changes) }))).result).toMatchObject({ status });
  });
});

describe('a stage in portions', () => {
  const portion = (...names: readonly string[]) =>
    aPlan(
      names.map((name) => ({ action: 'create' as const, desired: wanted(name) })),
      { discovered: new Map([['virtual-machine', names.length]]) },
    );
  const portioned = (plans: AsyncIterable<Plan>, total: number) =>
    aStage({ isPortioned: true, prepare: async () => ({ plans, noun: 'virtual machine', items: [], total }) });

  it('writes each before the next is planned, and tells all of them as one', async () => {
    const netbox = createInMemoryNetBox();
    const written: number[] = [];
    const stage = portioned(
      (async function* () {
        for (const plan of [portion('a', 'b'), portion('c')]) {
          written.push(netbox.writes.length);
          yield plan;
        }
      })(),
      3,
    );

    const { result, events } = await perform(stage, netbox);

    expect(written).toEqual([0, 2]);
    expect(result.counts).toMatchObject({ created: 3, total: 3 });
    expect(result.kinds.get('virtual-machine')).toMatchObject({ discovered: 3, created: 3 });
    expect(result.warnings).toEqual([]);
    expect(of(events, 'item_progress').map(({ progress }) => [progress.current, progress.total])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(of(events, 'phase_summary')).toHaveLength(1);
  });

  it('keeps what has to be told, and of the rest the numbers', async () => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ body }) => (body.name === 'good' ? undefined : refusal({ name: ['no'] }));
    const bad = (from: number) => Array.from({ length: 40 }, (_, index) => `bad ${from + index}`);
    const stage = portioned(
      (async function* () {
        yield portion('good', ...bad(0));
        yield portion(...bad(40));
      })(),
      81,
    );

    const { result } = await perform(stage, netbox);

    expect(result.counts).toMatchObject({ created: 1, failed: 80, total: 81 });
    expect(result.reasons).toEqual({ rejected: 80 });
    expect(result.outcomes.map(({ status }) => status)).toEqual(Array(80).fill('failed'));
  });

  it('that cannot be planned to its end tells what was done before it fails', async () => {
    const lost = new ProxboxError('netbox_unreachable', 'NetBox is away.');
    const stage = portioned(
      (async function* () {
        yield portion('a');
        throw lost;
      })(),
      2,
    );
    const { run, events } = aRun(createInMemoryNetBox().client);

    expect(await runStage(stage, run)).toMatchObject({ status: 'failed', error: lost, counts: { created: 1 } });

    expect(of(events, 'phase_summary')).toMatchObject([{ result: { created: 1, total: 1 } }]);
  });
});
