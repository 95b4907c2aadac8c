import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import type { RunEvent } from '../../../src/sync/events.js';
import { parseSyncRequest } from '../../../src/sync/request.js';
import { reasonCodes } from '../../../src/sync/reasons.js';
import { runFullUpdate, runSingleStage } from '../../../src/sync/runner.js';
import type { StageEntry } from '../../../src/sync/stages/index.js';
import type { Stage } from '../../../src/sync/stage.js';
import type { Change } from '../../../src/sync/types.js';
import { createOverlay } from '../../../src/netbox/overlay/overlay.js';
import { createInMemoryNetBox } from '../../support/factories/in-memory-netbox.js';
import { stored } from '../../support/factories/netbox-records.js';
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
    expect(last(events)?.data).toMatchObject({
      ok: false,
      message: 'Virtual machines sync failed.',
      result: { status: 'failed' },
      errors: [{ detail: text, count: 1, suggestion: expect.stringMatching(/\.$/) }],
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
    expect(short(events).slice(-5)).toEqual([
      'error_detail virtual-machines validation',
      'phase_summary virtual-machines',
      'error_detail virtual-machines internal',
      'error virtual-machines',
      'complete false',
    ]);
    expect(JSON.stringify(last(events)?.data)).toContain('1 of 1 objects (virtual machine) could not be synchronized');
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
        return { plans: [aPlan([])], noun: 'x', items: [] };
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

  it('tells what was found while the run was prepared, and is partial by it', async () => {
    const warnings = [{ code: 'endpoint_unreachable' as const, message: 'Endpoint b is down.' }];
    const { conductor, events, open } = aPerformance(createInMemoryNetBox(), { run: { warnings } });
    await runSingleStage({ stage: creating() }, conductor, open);
    expect(short(events)[1]).toBe('error_detail virtual-machines connection');
    expect(last(events)?.data).toMatchObject({
      ok: true,
      message: 'Virtual machines sync completed in part: endpoint_unreachable (1).',
      result: { status: 'partial', warnings: [{ reason: 'endpoint_unreachable', message: 'Endpoint b is down.' }] },
      errors: [{ reason: 'endpoint_unreachable', count: 1 }],
    });
  });

  it('is complete where only an optional privilege is missing', async () => {
    const warnings = [{ code: 'privilege_optional' as const, message: 'Bridges are not known.' }];
    const { conductor, events, open } = aPerformance(createInMemoryNetBox(), { run: { warnings } });
    await runSingleStage({ stage: creating() }, conductor, open);
    expect(last(events)?.data).toMatchObject({
      ok: true,
      message: 'Virtual machines sync completed.',
      result: { status: 'completed', warnings: [{ reason: 'privilege_optional' }] },
      errors: [],
    });
  });

  describe('in which objects fail', () => {
    const refused = (count: number): Change[] =>
      Array.from({ length: count }, (_, index) => ({
        action: 'refuse',
        kind: 'virtual-machine',
        key: `bad${index}`,
        label: `bad${index}`,
        reason: { code: 'config_unreadable', message: `bad${index} cannot be read.` },
      }));
    const kept = (count: number): Change[] =>
      Array.from({ length: count }, (_, index) => ({
        action: 'keep',
        desired: aDesired({ key: `good${index}`, label: `good${index}` }),
        current: stored('virtual-machine', { id: index + 1 }),
      }));
    const run = async (failed: number, good: number) => {
      const performance = aPerformance(createInMemoryNetBox());
      const stage = aStage({ plan: aPlan([...refused(failed), ...kept(good)]) });
      const summary = await runSingleStage({ stage }, performance.conductor, performance.open);
      return { ...performance, summary };
    };

    it('is a success in part up to the half of them, and says how many', async () => {
      const { events, summary } = await run(10, 10);
      expect(summary).toMatchObject({ ok: true, status: 'partial' });
      expect(last(events)?.data).toMatchObject({
        ok: true,
        message: 'Virtual machines sync completed in part: 10 of 20 virtual machines failed.',
        result: { status: 'partial', failed: 10, unchanged: 10 },
        errors: [
          {
            reason: 'config_unreadable',
            count: 10,
            detail: 'config_unreadable: bad0 cannot be read.',
            examples: ['bad0', 'bad1', 'bad2'],
          },
        ],
      });
      expect(short(events)).not.toContain('error virtual-machines');
    });

    it('is failed when it is more than the half, with the same numbers', async () => {
      const { events, summary } = await run(11, 9);
      expect(summary).toMatchObject({ ok: false, status: 'failed', error: { code: 'stage_failed' } });
      expect(short(events).slice(-2)).toEqual(['error virtual-machines', 'complete false']);
      expect(last(events)?.data).toMatchObject({
        message: 'Virtual machines sync failed: 11 of 20 virtual machines failed.',
        result: { status: 'failed', failed: 11, unchanged: 9 },
      });
    });

    it('sums up what failed right before the end, in frames that are given time', async () => {
      const { events } = await run(5, 15);
      const closing = events.filter(({ isClosing }) => isClosing === true);
      expect(closing).toEqual([events.at(-2)]);
      expect(closing[0]?.data).toMatchObject({
        message: 'config_unreadable (5): bad0, bad1, bad2 and 2 more. bad0 cannot be read.',
        detail: 'config_unreadable (5)',
        suggestion: reasonCodes.config_unreadable.remedy,
      });
    });

    it('tells each of the first 50 with its remedy, and counts the others', async () => {
      const { events } = await run(60, 100);
      const details = events.flatMap(({ event, data, isClosing }) =>
        event === 'error_detail' && isClosing !== true ? [data] : [],
      );
      expect(details).toHaveLength(51);
      expect(details[0]).toMatchObject({
        item: { name: 'bad0', item_type: 'virtual-machine' },
        suggestion: reasonCodes.config_unreadable.remedy,
      });
      expect(details.at(-1)?.message).toMatch(/^10 more could not be brought up to date/);
    });
  });

  describe('in a dry run', () => {
    it('tells what it would do, writes nothing, and makes no support object', async () => {
      const netbox = createInMemoryNetBox();
      const options = { ...syncOptions({}), dryRun: true };
      const { conductor, events, open } = aPerformance(netbox, {
        run: { options, client: createOverlay(netbox.client) },
      });
      const summary = await runSingleStage({ stage: creating() }, conductor, open);
      expect(netbox.writes).toEqual([]);
      expect(summary).toMatchObject({ ok: true, status: 'completed' });
      expect(last(events)?.data).toMatchObject({ result: { dry_run: true, created: 1 } });
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

  describe('of which a stage fails', () => {
    const slow = new ProxboxError('proxmox_timeout', 'Slow');
    const bad = (error: unknown) => failing(error, { name: 'storage', title: 'storage', resources: [] });
    const run = async (stages: readonly Stage[]) => {
      const performance = aPerformance(createInMemoryNetBox());
      const table = stages.map((stage) => entry(stage, stage.name));
      const summary = await runFullUpdate(table, performance.conductor, performance.open);
      return { ...performance, summary };
    };

    it('goes on with those that do not need it, and ends partial', async () => {
      const { events, summary, turns } = await run([bad(slow), creating()]);
      expect(short(events)).toEqual(
        expect.arrayContaining([
          'error_detail storage timeout',
          'step storage failed',
          'step virtual-machines completed',
        ]),
      );
      expect(short(events).slice(-3)).toEqual(['error_detail storage timeout', 'error full-update', 'complete false']);
      expect(last(events)?.data).toMatchObject({
        message: 'Full update sync completed in part: storage failed.',
        result: { status: 'partial', stages: { storage: 'failed', 'virtual-machines': 'completed' } },
        errors: [{ reason: 'proxmox_timeout', count: 1, detail: 'proxmox_timeout: Slow', examples: ['storage'] }],
      });
      expect(turns).toEqual(['+storage', '-storage', '+virtual-machines', '-virtual-machines']);
      expect(summary).toMatchObject({ ok: false, status: 'partial', error: undefined });
    });

    it('leaves out those that need it, and those that need these', async () => {
      const disks = aStage({ name: 'virtual-disks', title: 'Disks', resources: [], needs: ['storage'] });
      const backups = aStage({ name: 'backups', title: 'Backups', resources: [], needs: ['virtual-disks'] });
      const { events, turns } = await run([bad(slow), disks, backups, creating()]);
      expect(turns).toEqual(['+storage', '-storage', '+virtual-machines', '-virtual-machines']);
      const steps = events.flatMap(({ event, data }) => (event === 'step' ? [data.message] : []));
      expect(steps).toEqual(
        expect.arrayContaining([
          'Disks synchronization was not run, because it needs storage, which failed.',
          'Backups synchronization was not run, because it needs virtual-disks, which failed.',
        ]),
      );
      expect(last(events)?.data).toMatchObject({
        message: 'Full update sync completed in part: storage failed, 2 stages not run.',
      });
    });

    it('is failed when every stage did', async () => {
      const { events, summary } = await run([bad(slow)]);
      expect(short(events).slice(-2)).toEqual(['error full-update', 'complete false']);
      expect(last(events)?.data).toMatchObject({ message: 'Full update sync failed.', result: { status: 'failed' } });
      expect(summary.error).toBe(slow);
    });

    it('ends at once when no later stage could succeed either', async () => {
      const gone = new ProxboxError('netbox_unreachable', 'No connection');
      const { events, summary, turns } = await run([bad(gone), creating()]);
      expect(turns).toEqual(['+storage', '-storage']);
      expect(last(events)?.data).toMatchObject({ ok: false, result: { status: 'failed' } });
      expect(summary.error).toBe(gone);
    });

    it('goes on when the turn of a stage does not come', async () => {
      const busy = new ProxboxError('run_busy', 'another run');
      const { conductor, events, open } = aPerformance(createInMemoryNetBox());
      const acquire: typeof conductor.acquire = async (stage) => {
        if (stage.name === 'storage') throw busy;
        return () => undefined;
      };
      const table = [entry(storage(), 'storage'), entry(creating(), 'virtual_machines')];
      await runFullUpdate(table, { ...conductor, acquire }, open);
      expect(last(events)?.data).toMatchObject({ result: { status: 'partial', virtual_machines_count: 1 } });
    });
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
      current: stored('virtual-machine', { id: index + 1 }),
    }));
    const resultOf = async (query: Parameters<typeof parseSyncRequest>[0]) => {
      const { conductor, open } = aPerformance(netbox, { conductor: { request: parseSyncRequest(query) } });
      const { result } = await runFullUpdate(
        [entry(aStage({ plan: aPlan(changes) }), 'virtual_machines')],
        conductor,
        open,
      );
      return [
        (result.virtual_machines as unknown[]).length,
        result.virtual_machines_count,
        result.virtual_machines_truncated,
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
