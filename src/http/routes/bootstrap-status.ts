/** Whether the tags, roles and types that the sync needs in NetBox are there, as the last pass found them. */
import type { BootstrapReport } from '../../sync/bootstrap-report.js';
import type { App } from '../app-type.js';

export function registerBootstrapStatusRoute(app: App, status: () => BootstrapReport): void {
  app.get(
    '/extras/bootstrap-status',
    { schema: { tags: ['netbox'], summary: 'State of the support objects in NetBox' } },
    async () => status(),
  );
}
