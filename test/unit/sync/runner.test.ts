import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import type { RunEvent } from '../../../src/sync/events.js';
import { parseSyncRequest } from '../../../src/sync/request.js';
import { runFullUpdate, runSingleStage } from '../../../src/sync/runner.js';
import type { StageEntry } from '../../../src/sync/stages/index.js';
import type { Stage } from '../../../src/sync/stage.js';
import { createInMemoryNetBox } from '../../support/factories/in-memory-netbox.js';
import { refusal } from '../../support/factories/netbox-rules.js';
import { aPerformance, aStage } from '../../support/factories/stages.js';
import { aDesired, aPlan, syncOptions } from '../../support/factories/sync.js';

/** Frames in short: name, and what tells two of one name apart. */
function short(events: readonly RunEvent[]): readonly string[] {
  return events.map(({ event, data }) => {
    if (event === 'step') return `step ${data.step} ${data.status}`;
    if (event === 'complete') return `complete ${data.ok}`;
    if (event === 'error_detail') return `error_detail ${data.phase} ${data.category}`;
    if (event === 'error') return `error ${data.step}`;
    return 'phase' in data ? `${event} ${data.phase}` : event;
  });
}

function last(events: readonly RunEvent[]): RunEvent | undefined {
  return events.at(-1);
}

const machine = aDesired({ label: 'web01', fields: { name: 'web01', status: 'active', cluster: 1 } });
const creating = () => aStage({ plan: aPlan([{ action: 'create', desired: machine }]), items: [{ name: 'web01' }] });
const failing = (error: unknown, changes: Partial<Stage> = {}) =>
  aStage({
    ...changes,
    prepare: async () => {
      throw error;
    },
  });

describe('a stage as a run of its own', () => {
  it('tells its start, its work, its end, and complete last', async () => {
    const { conductor, events, open, turns } = aPerformance(createInMemoryNetBox());
    const summary = await runSingleStage({ stage: creating() }, conductor, open);
    const frames = short(events);
    expect(frames[0]).toBe('step virtual-machines started');
    expect(frames.filter((frame) => !frame.startsWith('substep')).slice(1)).toEqual([
      'discovery virtual-machines',
      'item_progress virtual-machines',
      'phase_summary virtual-machines',
      'step virtual-machines completed',
      'complete true',
    ]);
    expect(events[0]?.data).toEqual({
      step: 'virtual-machines',
      status: 'started',
      message: 'Starting virtual machines synchronization.',
    });
    expect(last(events)?.data).toMatchObject({
      ok: true,
      message: 'Virtual machines sync completed.',
      errors: [],
      result: {
        count: 1,
        created: 1,
        failed: 0,
        netbox: { requests: 7, writes: 2, retries: 1 },
        proxmox: { requests: 3 },
      },
    });
    expect(summary).toMatchObject({ ok: true, error: undefined });
    expect(turns).toEqual(['+virtual-machines', '-virtual-machines']);
  });

  it('gives the completed step the same result as complete, and its duration', async () => {
    const { conductor, events, open } = aPerformance(createInMemoryNetBox());
    await runSingleStage({ stage: creating() }, conductor, open);
    const step = events.find(({ event, data }) => event === 'step' && 'status' in data && data.status === 'completed');
    expect(step?.data).toMatchObject({ message: 'Virtual machines synchronization finished.', duration_seconds: 0 });
    const complete = last(events);
    expect(step?.event === 'step' && step.data.result).toEqual(complete?.event === 'complete' && complete.data.result);
  });

  it('says how many machines were selected', async () => {
    const request = parseSyncRequest({ netbox_vm_ids: '1,2,3' });
    const { conductor, events, open } = aPerformance(createInMemoryNetBox(), { conductor: { request } });
    await runSingleStage({ stage: creating() }, conductor, open);
    expect(events[0]?.data).toMatchObject({ message: 'Starting virtual machines synchronization for 3 VM(s).' });
  });

  it('is complete without work when its resources are switched off', async () => {
    const options = syncOptions({ modes: { vm: 'disabled', vm_template: 'disabled' } });
    const netbox = createInMemoryNetBox();
    const { conductor, events, open } = aPerformance(netbox, { run: { options } });
    await runSingleStage({ stage: creating() }, conductor, open);
    const message = 'Virtual machines synchronization skipped (sync_mode_vm=disabled, sync_mode_vm_template=disabled)';
    expect(short(events)).toEqual([
      'step virtual-machines started',
      'step virtual-machines completed',
      'complete true',
    ]);
    expect(last(events)?.data).toMatchObject({ ok: true, message, result: { count: 0 } });
    expect(netbox.writes).toEqual([]);
  });

  it.each<[string, unknown, string, string]>([
    [
      'an unreachable NetBox',
      new ProxboxError('netbox_unreachable', 'No connection'),
      'connection',
      'netbox_unreachable: No connection',
    ],
    [
      'an overwhelmed NetBox',
      new ProxboxError('netbox_overwhelmed', 'Too much', { detail: 'slots' }),
      'rate_limit',
      'netbox_overwhelmed: Too much | slots',
    ],
    ['a Proxmox that does not answer', new ProxboxError('proxmox_timeout', 'Slow'), 'timeout', 'proxmox_timeout: Slow'],
    ['a refused token', new ProxboxError('netbox_forbidden', 'No'), 'authentication', 'netbox_forbidden: No'],
    ['a missing privilege', new ProxboxError('proxmox_forbidden', 'No'), 'permission', 'proxmox_forbidden: No'],
    ['a machine that does not exist', new ProxboxError('not_found', 'Gone'), 'not_found', 'Gone'],
    ['a bug', new TypeError('x is undefined'), 'internal', 'An unexpected error occurred. | x is undefined'],
  ])('fails with a category, error, then complete: %s', async (_what, thrown, category, text) => {
    const { conductor, events, open, turns } = aPerformance(createInMemoryNetBox());
    const summary = await runSingleStage({ stage: failing(thrown) }, conductor, open);
    expect(short(events)).toEqual([
      'step virtual-machines started',
      `error_detail virtual-machines ${category}`,
      'error virtual-machines',
      'complete false',
    ]);
    expect(events.at(-2)?.data).toEqual({ step: 'virtual-machines', status: 'failed', error: text, detail: text });
    expect(last(events)?.data).toEqual({
      ok: false,
      message: 'Virtual machines sync failed.',
      result: null,
      errors: [{ detail: text }],
    });
    expect(summary.ok).toBe(false);
    expect(turns).toEqual(['+virtual-machines', '-virtual-machines']);
  });

  it('fails in the same way when its endpoints cannot be opened, or its turn does not come', async () => {
    const busy = new ProxboxError('run_busy', 'another run');
    const { conductor, events, open } = aPerformance(createInMemoryNetBox(), {
      conductor: { acquire: () => Promise.reject(busy) },
    });
    await runSingleStage({ stage: creating() }, conductor, open);
    expect(short(events).slice(-2)).toEqual(['error virtual-machines', 'complete false']);
    const other = aPerformance(createInMemoryNetBox());
    await runSingleStage({ stage: creating() }, other.conductor, () =>
      Promise.reject(new ProxboxError('proxmox_unreachable', 'x')),
    );
    expect(short(other.events).slice(-2)).toEqual(['error virtual-machines', 'complete false']);
    expect(other.turns).toEqual(['+virtual-machines', '-virtual-machines']);
  });

  it('fails when not one object could be written, and says what the first cause was', async () => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ path }) => (path.includes('virtual-machines') ? refusal({ name: ['bad'] }) : undefined);
    const { conductor, events, open } = aPerformance(netbox);
    await runSingleStage({ stage: creating() }, conductor, open);
    expect(short(events).slice(-4)).toEqual([
      'phase_summary virtual-machines',
      'error_detail virtual-machines internal',
      'error virtual-machines',
      'complete false',
    ]);
    expect(JSON.stringify(last(events)?.data)).toContain('None of 1 objects could be synchronized');
  });

  it('fails when the Proxbox tag cannot be made', async () => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ body }) => (body.slug === 'proxbox' ? refusal({ name: ['no'] }) : undefined);
    const { conductor, events, open } = aPerformance(netbox);
    const summary = await runSingleStage({ stage: creating() }, conductor, open);
    expect(summary.error?.message).toBe('Error ensuring Proxbox tag');
    expect(short(events).at(-1)).toBe('complete false');
  });

  it('says cancelled when its client has gone, without an error detail', async () => {
    const abort = new AbortController();
    const { conductor, events, open } = aPerformance(createInMemoryNetBox(), {
      conductor: { signal: abort.signal },
      run: { signal: abort.signal },
    });
    const stage = aStage({
      prepare: async () => {
        abort.abort(new Error('client gone'));
        return { plan: aPlan([]), noun: 'x', items: [] };
      },
    });
    const summary = await runSingleStage({ stage: stage }, conductor, open);
    expect(short(events)).toEqual(['step virtual-machines started', 'error virtual-machines', 'complete false']);
    expect(last(events)?.data).toMatchObject({
      message: 'Virtual machines sync cancelled.',
      errors: [{ detail: 'Server shutdown or request cancelled.' }],
    });
    expect(summary.error?.code).toBe('cancelled');
  });

  it('tells what was found while the run was prepared', async () => {
    const warnings = [{ code: 'endpoint_unreachable' as const, message: 'Endpoint b is down.' }];
    const { conductor, events, open } = aPerformance(createInMemoryNetBox(), { run: { warnings } });
    await runSingleStage({ stage: creating() }, conductor, open);
    expect(short(events)[1]).toBe('error_detail virtual-machines connection');
    expect(last(events)?.data).toMatchObject({
      ok: true,
      result: { warnings: [{ reason: 'endpoint_unreachable', message: 'Endpoint b is down.' }] },
    });
  });
});

describe('a full update', () => {
  const entry = (stage: Stage, resultKey: string): StageEntry => ({
    stage,
    path: '/x',
    resultKey,
    answer: 'objects',
  });
  const storage = (changes: Parameters<typeof aStage>[0] = {}) =>
    aStage({ name: 'storage', title: 'storage', kinds: ['storage'], resources: ['storage'], ...changes });

  it('tells the support objects, the stages, their frames, and complete last', async () => {
    const { conductor, events, open, turns } = aPerformance(createInMemoryNetBox());
    const table = [entry(storage(), 'storage'), entry(creating(), 'virtual_machines')];
    await runFullUpdate(table, conductor, open);
    expect(short(events).filter((frame) => !/^(substep|item_progress)/.test(frame))).toEqual([
      'bootstrap_done',
      'step stream started',
      'discovery full-update',
      'step storage started',
      'discovery storage',
      'phase_summary storage',
      'step storage completed',
      'step virtual-machines started',
      'discovery virtual-machines',
      'phase_summary virtual-machines',
      'step virtual-machines completed',
      'complete true',
    ]);
    const announced = events.find(({ event }) => event === 'discovery')?.data;
    expect(announced).toMatchObject({
      count: 2,
      items: [
        { name: 'storage', type: 'stage' },
        { name: 'virtual-machines', type: 'stage' },
      ],
      metadata: { operation_id: 'R1' },
    });
    expect(events.find(({ event }) => event === 'step')?.data).toMatchObject({
      message: 'Full update stream connected (operation_id=R1)',
    });
    expect(last(events)?.data).toMatchObject({
      ok: true,
      message: 'Full update sync completed.',
      errors: [],
      result: {
        storage: [],
        storage_count: 0,
        virtual_machines: [{ name: 'web01' }],
        virtual_machines_count: 1,
        operation_id: 'R1',
      },
    });
    expect(turns).toEqual(['+storage', '-storage', '+virtual-machines', '-virtual-machines']);
  });

  it('reports the support objects in the words of the plugin', async () => {
    const { conductor, events, open } = aPerformance(createInMemoryNetBox());
    await runFullUpdate([], conductor, open);
    const [first] = events;
    expect(first).toMatchObject({
      event: 'bootstrap_done',
      data: { ok: true, skipped: false, reason: null, warnings: [], patched: [], unchanged: [] },
    });
    expect(first?.event === 'bootstrap_done' && 'created' in first.data && first.data.created).toEqual(
      expect.arrayContaining(['tag:Proxbox', 'vm_role:container-lxc', 'device_type:proxmox-generic-device']),
    );
  });

  it('ends at the first stage that fails, naming it, and lets the next ones be', async () => {
    const { conductor, events, open, turns } = aPerformance(createInMemoryNetBox());
    const bad = failing(new ProxboxError('proxmox_timeout', 'Slow'), {
      name: 'storage',
      title: 'storage',
      resources: [],
    });
    const summary = await runFullUpdate(
      [entry(bad, 'storage'), entry(creating(), 'virtual_machines')],
      conductor,
      open,
    );
    expect(short(events).slice(-4)).toEqual([
      'step storage started',
      'error_detail storage timeout',
      'error full-update',
      'complete false',
    ]);
    expect(last(events)?.data).toMatchObject({
      message: 'Full update sync failed.',
      result: null,
      errors: [{ detail: 'proxmox_timeout: Slow' }],
    });
    expect(turns).toEqual(['+storage', '-storage']);
    expect(summary.ok).toBe(false);
  });

  it('passes over a stage that is switched off without taking its turn', async () => {
    const options = syncOptions({ modes: { storage: 'disabled' } });
    const { conductor, events, open, turns } = aPerformance(createInMemoryNetBox(), { run: { options } });
    await runFullUpdate([entry(storage(), 'storage')], conductor, open);
    expect(short(events).slice(-3)).toEqual(['step storage started', 'step storage completed', 'complete true']);
    expect(turns).toEqual([]);
  });

  it('lists at most 100 objects per stage unless all are asked for, and always counts all', async () => {
    const netbox = createInMemoryNetBox();
    const changes = Array.from({ length: 101 }, (_, index) => ({
      action: 'keep' as const,
      desired: aDesired({ key: `${index}`, label: `vm${index}` }),
      current: { id: index + 1 },
    }));
    const resultOf = async (query: Parameters<typeof parseSyncRequest>[0]) => {
      const { conductor, open } = aPerformance(netbox, { conductor: { request: parseSyncRequest(query) } });
      const { result } = await runFullUpdate(
        [entry(aStage({ plan: aPlan(changes) }), 'virtual_machines')],
        conductor,
        open,
      );
      return [
        (result?.virtual_machines as unknown[]).length,
        result?.virtual_machines_count,
        result?.virtual_machines_truncated,
      ];
    };
    expect(await resultOf({})).toEqual([100, 101, true]);
    expect(await resultOf({ include_objects: 'true' })).toEqual([101, 101, undefined]);
  });
});

it.each([
  ['a stage that works', creating()],
  ['a stage that fails', failing(new Error('x'))],
])('sends complete exactly once and last, and error only before a failed one: %s', async (_what, stage) => {
  const { conductor, events, open } = aPerformance(createInMemoryNetBox());
  const summary = await runSingleStage({ stage: stage }, conductor, open);
  const names = events.map(({ event }) => event);
  expect(names.indexOf('complete')).toBe(names.length - 1);
  expect(names.filter((name) => name === 'error').length).toBe(summary.ok ? 0 : 1);
});
