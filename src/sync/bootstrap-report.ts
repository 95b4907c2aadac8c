/** What the passes over the support objects found, in the words of the plugin. */
import { supportObjects } from './plan/support-objects.js';
import type { StageResult } from './summary.js';
import type { Warning } from './types.js';

/**
 * The answer of `/extras/bootstrap-status`, and the first frame of a full update. Lists hold labels such as `tag:Proxbox`.
 * The plugin shows a repair card when `ok` is false.
 */
export interface BootstrapReport {
  readonly ok: boolean;
  readonly skipped: boolean;
  readonly reason: string | null;
  readonly warnings: readonly { readonly object: string; readonly error: string }[];
  readonly created: readonly string[];
  readonly patched: readonly string[];
  readonly unchanged: readonly string[];
}

/** Why no pass has run so far. */
export interface PassConditions {
  readonly isSkipped: boolean;
  readonly isEnabled: boolean;
  readonly hasEnabledNetBoxEndpoint: boolean;
}

/**
 * A pass over the support objects in the words of the plugin.
 * @param notes what NetBox might give besides, and the service can do without
 */
export function bootstrapReport({ outcomes }: StageResult, notes: readonly Warning[] = []): BootstrapReport {
  const labels = new Map(supportObjects.map(({ kind, slug, label }) => [`${kind}:${slug}`, label]));
  const labelled = outcomes.map((outcome) => ({
    ...outcome,
    name: labels.get(`${outcome.kind}:${outcome.key}`) ?? outcome.label,
  }));
  const of = (status: string): readonly string[] =>
    labelled.filter((outcome) => outcome.status === status).map(({ name }) => name);
  const warnings = labelled
    .filter(({ status }) => status === 'failed' || status === 'skipped')
    .map(({ name, reason }) => ({ object: name, error: reason?.message ?? '' }));
  return {
    ok: warnings.length === 0,
    skipped: false,
    reason: null,
    warnings: [...warnings, ...notes.map(({ message }) => ({ object: 'NetBox', error: message }))],
    created: of('created'),
    patched: of('updated'),
    unchanged: of('unchanged'),
  };
}

/** No object was looked at. */
export function reportOfNothing(why: Pick<BootstrapReport, 'ok' | 'skipped' | 'reason'>): BootstrapReport {
  return { ...why, warnings: [], created: [], patched: [], unchanged: [] };
}

function reasonFor(conditions: PassConditions): { readonly ok: boolean; readonly reason: string } {
  if (conditions.isSkipped) return { ok: true, reason: 'PROXBOX_SKIP_NETBOX_BOOTSTRAP' };
  if (!conditions.isEnabled) return { ok: true, reason: 'ensure_netbox_objects=false' };
  if (!conditions.hasEnabledNetBoxEndpoint) return { ok: false, reason: 'no_netbox_session' };
  return { ok: true, reason: 'bootstrap_pending' };
}

/** The answer before the first pass has finished: it is under way, or comes within minutes. */
export function statusBeforeFirstPass(conditions: PassConditions): BootstrapReport {
  return reportOfNothing({ ...reasonFor(conditions), skipped: true });
}
