/** Snapshots of guests, in the plugin's table. */
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { warnWithoutPlugin } from '../../plan/without-plugin.js';
import { defineStage } from '../../stage.js';
import { collectSnapshots, snapshotPhase } from './collect.js';
import { planSnapshots } from './diff.js';
import type { CollectedSnapshots, SnapshotGuest } from './types.js';
import { planRoster } from '../../plan/roster.js';

export const snapshotsStage = defineStage<CollectedSnapshots | undefined>({
  name: 'snapshots',
  title: 'Snapshots',
  phase: snapshotPhase,
  kinds: ['snapshot'],
  resources: ['vm', 'vm_template'],
  needs: ['virtual-machines'],
  collect: collectSnapshots,
  *plan(collected, { supportIds, options, learnt }) {
    const tag = bootstrapOnlyTag(supportIds);
    const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: tag, learnt });
    if (collected === undefined) warnWithoutPlugin(builder, 'Snapshots');
    else {
      planRoster(builder, collected.roster);
      yield* planSnapshots(builder, collected, options);
    }
    return builder.build('snapshots');
  },
  discovered: (collected) => ({
    noun: 'snapshot',
    items: (collected?.guests ?? []).flatMap(itemsOf),
    count: (collected?.guests ?? []).filter(({ listing }) => listing.status === 'read').length,
  }),
});

function itemsOf({ listing, cluster, resource }: SnapshotGuest) {
  if (listing.status !== 'read') return [];
  return listing.snapshots.map(({ name }) => ({
    name,
    item_type: 'snapshot',
    extra: { cluster: cluster.view.name, vmid: resource.vmid },
  }));
}
