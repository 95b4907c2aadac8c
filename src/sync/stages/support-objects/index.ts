import type { ObjectKind } from '../../../netbox/records/kinds.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { isSettled } from '../../collect/settled.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { planBootstrapOnlyTag, planSupportObjects, supportObjects } from '../../plan/support-objects.js';
import type { RunContext } from '../../run-context.js';
import { defineStage } from '../../stage.js';

/** Tags, roles and types that everything else hangs on: six reads, no write when they are there. Before every run. */
export const supportObjectsStage = defineStage({
  name: 'support-objects',
  title: 'support objects',
  kinds: ['tag', 'cluster-type', 'manufacturer', 'device-type', 'device-role', 'vm-type'],
  resources: [],
  collect,
  plan(records, run) {
    const builder = new PlanBuilder();
    planBootstrapOnlyTag(builder, records, Object.values(run.options.modes).includes('bootstrap_only'));
    planSupportObjects(builder, records, run.capabilities.virtualMachineTypes);
    return builder.build('support-objects');
  },
  discovered: () => ({ noun: 'support object', items: [] }),
});

/** What nothing but new clusters and devices refers to. */
const onlyToMake: ReadonlySet<ObjectKind> = new Set(['cluster-type', 'manufacturer', 'device-type']);

async function collect(run: RunContext): Promise<ReadonlyMap<ObjectKind, readonly NetBoxRecord[]>> {
  const records = new Map<ObjectKind, readonly NetBoxRecord[]>();
  const kinds = [...new Set(supportObjects.map(({ kind }) => kind))];
  const settled = await isSettled(run);
  for (const kind of kinds) {
    if (settled && onlyToMake.has(kind)) continue;
    if (kind === 'vm-type' && !run.capabilities.virtualMachineTypes) continue;
    const slugs = supportObjects.filter((object) => object.kind === kind).map(({ slug }) => slug);
    const more = kind === 'tag' ? ['bootstrap-only'] : kind === 'cluster-type' ? ['standalone', 'restricted'] : [];
    records.set(kind, await run.collections.load(kind, {}, { filter: 'slug', of: [...slugs, ...more].sort() }));
  }
  return records;
}
