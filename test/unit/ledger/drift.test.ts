/** By how much NetBox differed: only what was looked at whole is a number. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createLedger, type Ledger } from '../../../src/ledger/ledger.js';
import type { ItemEntry, RunBeginning, RunEnding, StageEntry } from '../../../src/ledger/types.js';
import { aBeginning } from '../../support/factories/ledger.js';
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.js';
import { cleanUpDatabases, logProbe, newDatabase } from '../db/database-kit.js';

cleanUpDatabases();

const dayMs = 86_400_000;

const item = (endpointId: number | null, outcome: ItemEntry['outcome']): ItemEntry => ({
  ...{ kind: 'virtual-machine', key: `${endpointId}/${outcome}`, label: 'web', outcome, reason: null, message: null },
  ...{ netboxId: null, netboxUrl: null, endpointId, cluster: null, node: null, vmid: null, changes: [] },
});

const stage = (items: readonly ItemEntry[], itemsLeftOut = 0): StageEntry => ({
  ...{ stage: 'devices', title: 'Devices', status: 'completed', message: null, seconds: 0 },
  ...{ counts: {}, kinds: {}, reasons: {}, warnings: [], items, itemsLeftOut },
});

describe('drift', () => {
  let clock: SteppedClock;
  let ledger: Ledger;
  let runs = 0;
  beforeEach(() => {
    clock = createSteppedClock();
    ledger = createLedger({ db: newDatabase(clock), clock, logger: logProbe().logger, version: '1.2.3' });
    runs = 0;
  });

  interface Told extends Partial<RunBeginning> {
    readonly endpointIds?: readonly number[];
    readonly stages?: readonly StageEntry[];
    readonly status?: RunEnding['status'];
  }
  const aLook = async ({ endpointIds = [1], stages = [], status = 'completed', ...asked }: Told = {}) => {
    runs += 1;
    const run = ledger.begin(aBeginning(`R${runs}`, { kind: 'plan', ...asked }));
    const traffic = { netboxRequests: 0, netboxWrites: 0, proxmoxRequests: 0 };
    if (endpointIds.length > 0) run.about({ netboxEndpointId: 1, endpointIds, traffic: () => traffic });
    for (const entry of stages) await run.stage(entry);
    clock.step(1000);
    await run.end({ status, message: null, errors: [] });
  };
  const newest = () => ledger.newestLooks().map(({ endpointId, kind, changes }) => [endpointId, kind, changes]);

  it('is what would change of an endpoint, over all stages; what was left out or failed is no change', async () => {
    const first = stage([item(1, 'created'), item(1, 'skipped'), item(2, 'updated'), item(null, 'created')]);
    await aLook({ endpointIds: [1, 2, 3], stages: [first, stage([item(1, 'deleted'), item(2, 'failed')])] });

    expect(newest()).toEqual([
      [1, 'plan', 2],
      [2, 'plan', 1],
      [3, 'plan', 0],
    ]);
    expect(ledger.newestLooks()[0]).toMatchObject({ runId: 'R1', endedAt: '2026-01-01T00:00:01.000Z' });
  });

  it('is no number where not everything was looked at, or not everything is known', async () => {
    const changed = { stages: [stage([item(1, 'created')])] };
    for (const status of ['partial', 'failed', 'cancelled'] as const) await aLook({ ...changed, status });
    await aLook({ ...changed, isOfEverything: false });
    await aLook({ ...changed, endpointIds: [] });
    await aLook({ stages: [stage([item(1, 'created')], 1), stage([])] });

    expect([ledger.newestLooks(), ledger.lookDays('2025-01-01')]).toEqual([[], []]);
  });

  it('is the newest of each endpoint, of previews and of full updates, the newest at the end', async () => {
    const changes = (count: number) => ({ stages: [stage(Array.from({ length: count }, () => item(1, 'updated')))] });
    await aLook({ ...changes(1), endpointIds: [1, 2] });
    await aLook({ ...changes(5), kind: 'full-update' });
    await aLook({ ...changes(7) });
    await aLook({ ...changes(9), status: 'partial' });

    expect(newest()).toEqual([
      [2, 'plan', 0],
      [1, 'full-update', 5],
      [1, 'plan', 7],
    ]);
  });

  it('is told by day: how often somebody looked and what was found at most; of other days nothing', async () => {
    const changes = (count: number) => ({ stages: [stage(Array.from({ length: count }, () => item(7, 'updated')))] });
    await aLook({ endpointIds: [7], ...changes(9) });
    clock.step(dayMs);
    for (const count of [0, 12, 3]) await aLook({ endpointIds: [7], ...changes(count) });
    clock.step(3 * dayMs);
    await aLook({ endpointIds: [7] });
    await aLook({ endpointIds: [8] });

    expect(ledger.lookDays('2026-01-02')).toEqual([
      { endpointId: 7, day: '2026-01-02', looks: 3, most: 12 },
      { endpointId: 7, day: '2026-01-05', looks: 1, most: 0 },
      { endpointId: 8, day: '2026-01-05', looks: 1, most: 0 },
    ]);
  });

  it('goes with the runs that found it', async () => {
    await aLook({ stages: [stage([item(1, 'updated')])] });
    clock.step(31 * dayMs);
    while (ledger.prune({ days: 30, maxItems: 200_000 }));

    expect([newest(), ledger.lookDays('2026-01-01')]).toEqual([[], []]);
  });
});
