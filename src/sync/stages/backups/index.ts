/** Backups of guests on the storages of Proxmox, in the plugin's table, with journal entries about them. */
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { warnWithoutPlugin } from '../../plan/without-plugin.js';
import { defineStage } from '../../stage.js';
import { collectBackups } from './collect.js';
import { planBackups } from './diff.js';
import type { ClusterBackups, CollectedBackups } from './types.js';
import { planRoster } from '../../plan/roster.js';

export const backupsStage = defineStage<CollectedBackups | undefined>({
  name: 'backups',
  title: 'Backups',
  kinds: ['backup'],
  resources: ['vm', 'vm_template'],
  needs: ['virtual-machines'],
  collect: collectBackups,
  *plan(collected, { supportIds, options, learnt }) {
    const tag = bootstrapOnlyTag(supportIds);
    const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: tag, learnt });
    if (collected === undefined) warnWithoutPlugin(builder, 'Backups');
    else {
      planRoster(builder, collected.roster);
      yield* planBackups(builder, collected, options);
    }
    return builder.build('backups');
  },
  discovered: (collected) => ({ noun: 'backup', items: (collected?.clusters ?? []).flatMap(itemsOf) }),
});

function itemsOf({ view, backups }: ClusterBackups) {
  return [...backups.values()].map(({ volumeId, vmid }) => ({
    name: volumeId,
    item_type: 'backup',
    extra: { cluster: view.name, ...(vmid === null ? {} : { vmid }) },
  }));
}
