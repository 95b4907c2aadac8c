/** The stage before every other: what everything else hangs on. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { loadNamed, type Named } from '../../collect/named.js';
import { isSettled } from '../../collect/settled.js';
import { clusterTypeSlugs } from '../../plan/infrastructure.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import {
  planBootstrapOnlyTag,
  planSupportObjects,
  supportObjects,
  type SupportKind,
  type SupportObject,
  type SupportRecords,
} from '../../plan/support-objects.js';
import type { RunContext } from '../../run-context.js';
import { defineStage } from '../../stage.js';

/**
 * Tags, roles and types that everything else hangs on: six reads and no write when they are there, up to twelve reads when
 * something is missing. Before every run.
 */
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
const onlyToMake: ReadonlySet<SupportKind> = new Set(['cluster-type', 'manufacturer', 'device-type']);

async function collect(run: RunContext): Promise<SupportRecords> {
  const settled = await isSettled(run);
  const kinds = [...new Set(supportObjects.map(({ kind }) => kind))]
    .filter((kind) => !settled || !onlyToMake.has(kind))
    .filter((kind) => kind !== 'vm-type' || run.capabilities.virtualMachineTypes);
  return new Map(await Promise.all(kinds.map(async (kind) => [kind, await load(run, kind)] as const)));
}

function load(run: RunContext, kind: SupportKind): Promise<readonly RecordOf<SupportKind>[]> {
  const wanted = supportObjects.filter((object) => object.kind === kind);
  const also = kind === 'tag' ? ['bootstrap-only'] : kind === 'cluster-type' ? clusterTypeSlugs : [];
  return loadNamed(run, kind, wanted.map(named), also);
}

function named({ slug, desired: { label: title } }: SupportObject): Named {
  return { slug, title };
}
