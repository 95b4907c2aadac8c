/** What a run tells of itself to whoever keeps it. */
import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import type { RunRecord, StageEntry } from '../../../src/ledger/types.js';
import { planEntry, unrecorded } from '../../../src/sync/run-ledger.js';
import { runFullUpdate } from '../../../src/sync/runner.js';
import { StageAccount } from '../../../src/sync/stage-account.js';
import { runStage } from '../../../src/sync/stage-runner.js';
import type { Change } from '../../../src/sync/types.js';
import { createInMemoryNetBox } from '../../support/factories/in-memory-netbox.js';
import { refusal } from '../../support/factories/netbox-rules.js';
import { aRun } from '../../support/factories/run.js';
import { aPerformance, aStage } from '../../support/factories/stages.js';
import { aDesired, aPlan } from '../../support/factories/sync.js';

const source = { endpointId: 3, cluster: 'lab', node: 'pve1', vmid: 100 };
const create = (name: string): Change => ({
  action: 'create',
  desired: aDesired({ key: name, label: name, source, fields: { name, status: 'active', cluster: 1 } }),
});

function aRecord(): { readonly record: RunRecord; readonly entries: StageEntry[] } {
  const entries: StageEntry[] = [];
  return { entries, record: { ...unrecorded, stage: async (entry) => void entries.push(entry) } };
}

describe('a stage', () => {
  it('is told with its objects before its end is told to the stream', async () => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ body }) => (body['name'] === 'bad' ? refusal({ name: ['no'] }) : undefined);
    const { entries, record } = aRecord();
    const { run, events } = aRun(netbox.client);
    let toldBefore = 0;
    const stage = aStage({ plan: aPlan([create('new'), create('bad')]) });

    await runStage(stage, {
      ...run,
      record: {
        ...record,
        stage: async (entry) => {
          toldBefore = events.filter(({ event }) => event === 'phase_summary').length;
          await record.stage(entry);
        },
      },
    });

    expect(toldBefore).toBe(0);
    const place = { endpointId: 3, cluster: 'lab', node: 'pve1', vmid: 100, netboxUrl: null, changes: [] };
    expect(entries).toMatchObject([
      {
        ...{ stage: 'virtual-machines', status: 'partial', itemsLeftOut: 0 },
        ...{ counts: { created: 1, failed: 1 }, kinds: { 'virtual-machine': { discovered: 2 } } },
        items: [
          { ...place, kind: 'virtual-machine', key: 'new', outcome: 'created', reason: null, netboxId: 1 },
          { ...place, kind: 'virtual-machine', key: 'bad', outcome: 'failed', reason: 'rejected', netboxId: null },
        ],
      },
    ]);
  });

  it('that is too much to be looked at at once names 5,000 that went well, and all others', () => {
    const { run } = aRun(createInMemoryNetBox().client);
    const account = new StageAccount(aStage({ isPortioned: true }), run);
    const of = { kind: 'virtual-machine', source } as const;
    const well = Array.from({ length: 5003 }, (_, n) => ({
      ...of,
      key: `n${n}`,
      label: '',
      status: 'created' as const,
    }));
    const bad = { ...of, key: 'bad', label: '', status: 'failed' as const };

    for (const outcomes of [well, [bad]]) account.add(aPlan([]), { outcomes, warnings: [] });

    const { outcomes, leftOut } = account.touched;
    expect([outcomes.length, outcomes.at(-1)?.key, leftOut]).toEqual([5001, 'bad', 3]);
  });

  it('that cannot be planned is told with its reason, and those that need it as not run', async () => {
    const { entries, record } = aRecord();
    const { conductor, open } = aPerformance(createInMemoryNetBox(), { run: { record } });
    const failing = aStage({
      name: 'devices',
      title: 'Devices',
      prepare: () => Promise.reject(new ProxboxError('proxmox_unreachable', 'No connection to Proxmox.')),
    });
    const table = [failing, aStage({ needs: ['devices'] })].map((stage) => ({
      stage,
      resultKey: stage.name,
      answer: 'counters' as const,
    }));

    await runFullUpdate(table, conductor, open);

    expect(entries.map(({ stage, status, message }) => [stage, status, message])).toEqual([
      ['support-objects', 'completed', null],
      ['devices', 'failed', 'No connection to Proxmox.'],
      ['virtual-machines', 'not_run', 'It needs devices, which failed.'],
    ]);
  });

  it('of which the run was cancelled is told with what was done until then', async () => {
    const netbox = createInMemoryNetBox();
    const abort = new AbortController();
    const { entries, record } = aRecord();
    const { run } = aRun(netbox.client, { record, signal: abort.signal });
    netbox.verdict = () => {
      abort.abort(new Error('left'));
      return undefined;
    };

    await expect(runStage(aStage({ plan: aPlan([create('new')]) }), run)).rejects.toThrow('left');

    expect(entries.map(({ status, items }) => [status, items.map(({ outcome }) => outcome)])).toEqual([
      ['cancelled', ['created']],
    ]);
  });
});

describe('a part of a plan', () => {
  it('is told with what it changed; another object of the run by its key', () => {
    const reason = { code: 'rejected', message: 'NetBox refused it.' } as const;
    const of = { kind: 'virtual-machine', source } as const;
    const why = [{ field: 'primary_ip4', from: null, to: { ref: 'ip-address:10.0.0.1/24' } }];
    const entry = planEntry(
      { stage: 'virtual-machines' },
      {
        warnings: [],
        stopped: undefined,
        outcomes: [
          { ...of, key: 'a', label: 'a', status: 'updated', id: 7, displayUrl: 'https://netbox.example.org/7/', why },
          { ...of, key: 'b', label: 'b', status: 'unchanged', id: 8 },
          { ...of, key: 'c', label: 'c', status: 'failed', reason },
        ],
      },
      1.5,
    );

    expect(entry).toMatchObject({
      stage: 'virtual-machines',
      status: 'partial',
      seconds: 1.5,
      reasons: { rejected: 1 },
    });
    expect(entry.items.map(({ key, netboxId, netboxUrl, changes }) => [key, netboxId, netboxUrl, changes])).toEqual([
      ['a', 7, 'https://netbox.example.org/7/', [{ field: 'primary_ip4', from: null, to: 'ip-address:10.0.0.1/24' }]],
      ['c', null, null, []],
    ]);
  });
});
