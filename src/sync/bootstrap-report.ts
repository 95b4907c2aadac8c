import { supportObjects } from './plan/support-objects.js';
import type { StageResult } from './summary.js';

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

/** A pass over the support objects in the words of the plugin. */
export function bootstrapReport({ outcomes }: StageResult): BootstrapReport {
  const labels = new Map(supportObjects.map(({ kind, slug, label }) => [`${kind}:${slug}`, label]));
  const labelled = outcomes.map((outcome) => ({
    ...outcome,
    name: labels.get(`${outcome.kind}:${outcome.key}`) ?? outcome.label,
  }));
  const of = (status: string): readonly string[] =>
    labelled.filter((outcome) => outcome.status === status).map(({ name }) => name);
  const warnings = labelled
    .filter(({ status }) => status === 'failed')
    .map(({ name, reason }) => ({ object: name, error: reason?.message ?? '' }));
  return {
    ok: warnings.length === 0,
    skipped: false,
    reason: null,
    warnings,
    created: of('created'),
    patched: of('updated'),
    unchanged: of('unchanged'),
  };
}
