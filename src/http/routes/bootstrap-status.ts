/** Whether the tags, roles and types that the sync needs in NetBox are there, as the last pass found them. */
import type { BootstrapReport } from '../../sync/bootstrap-report.js';
import type { App } from '../app-type.js';

/** Why no pass has run so far. */
export interface PassConditions {
  readonly isSkipped: boolean;
  readonly isEnabled: boolean;
  readonly hasEnabledNetBoxEndpoint: boolean;
}

function reasonFor(conditions: PassConditions): { readonly ok: boolean; readonly reason: string } {
  if (conditions.isSkipped) return { ok: true, reason: 'PROXBOX_SKIP_NETBOX_BOOTSTRAP' };
  if (!conditions.isEnabled) return { ok: true, reason: 'ensure_netbox_objects=false' };
  if (!conditions.hasEnabledNetBoxEndpoint) return { ok: false, reason: 'no_netbox_session' };
  return { ok: true, reason: 'bootstrap_pending' };
}

/** The answer before the first pass has finished. */
export function statusBeforeFirstPass(conditions: PassConditions): BootstrapReport {
  return { ...reasonFor(conditions), skipped: true, warnings: [], created: [], patched: [], unchanged: [] };
}

export function registerBootstrapStatusRoute(app: App, status: () => BootstrapReport): void {
  app.get(
    '/extras/bootstrap-status',
    { schema: { tags: ['netbox'], summary: 'State of the support objects in NetBox' } },
    async () => status(),
  );
}
