/** The end of a full update, and of the stage of machines: machines whose guest is gone. Only where `delete_orphans` is on. */
import { defineStage } from '../../stage.js';
import { collectOrphans } from './collect.js';
import { planSweep } from './diff.js';

export const orphanSweepStage = defineStage({
  name: 'sweep-orphans',
  title: 'Orphan sweep',
  phase: 'sweep_orphans',
  kinds: ['virtual-machine', 'machine-mark'],
  resources: [],
  needs: ['virtual-machines'],
  decidesAbsence: true,
  collect: collectOrphans,
  plan: (collected, run) => planSweep(collected, run),
  discovered: ({ virtualMachines, skippedReason }) => ({
    noun: 'orphan candidate',
    items: virtualMachines.map(({ name }) => ({ name, item_type: 'virtual-machine' })),
    extra: { skipped_reason: skippedReason },
  }),
  extra: (outcomes, { run, notes, warnings }) => {
    const of = (kind: string, status: string): number =>
      outcomes.filter((outcome) => outcome.kind === kind && outcome.status === status).length;
    const deleted = of('virtual-machine', 'deleted');
    const softDeleted = of('machine-mark', 'updated');
    const failed = of('machine-mark', 'failed') + warnings.filter(({ code }) => code === 'delete_failed').length;
    const waiting = notes.filter(({ operation }) => operation === 'skipped').length;
    const named = notes.filter(({ operation }) => operation === 'would_delete').length;
    const done = (count: number): number => (run.options.dryRun ? 0 : count);
    return {
      enabled: run.options.deleteOrphans,
      run_id: run.runId,
      dry_run: run.options.dryRun,
      candidates: deleted + softDeleted + failed + waiting + named,
      deleted: done(deleted),
      soft_deleted: done(softDeleted),
      failed,
      skipped: waiting,
    };
  },
});
