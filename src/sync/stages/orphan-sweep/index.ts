import { defineStage } from '../../stage.js';
import { collectOrphans } from './collect.js';
import { planSweep } from './diff.js';

/** The end of a full update: machines whose guest is gone. Only where `delete_orphans` is on, or as a dry run. */
export const orphanSweepStage = defineStage({
  name: 'sweep-orphans',
  title: 'Orphan sweep',
  phase: 'sweep_orphans',
  kinds: ['virtual-machine'],
  resources: [],
  collect: collectOrphans,
  plan: (collected, run) => planSweep(collected, { options: run.options, supportIds: run.supportIds }),
  discovered: ({ virtualMachines }) => ({
    noun: 'orphan candidate',
    items: virtualMachines.map(({ name }) => ({ name: String(name), item_type: 'virtual-machine' })),
  }),
  extra: (outcomes, { run, notes, warnings }) => {
    const deleted = outcomes.filter(({ kind, status }) => kind === 'virtual-machine' && status === 'deleted').length;
    const failed = warnings.filter(({ code }) => code === 'delete_failed').length;
    const wouldDelete = notes.filter(({ operation }) => operation === 'would_delete').length;
    return {
      enabled: run.options.deleteOrphans,
      run_id: run.runId,
      dry_run: run.options.dryRun,
      candidates: deleted + failed + wouldDelete,
      deleted,
      failed,
      skipped: 0,
    };
  },
});
