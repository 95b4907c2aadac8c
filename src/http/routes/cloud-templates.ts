/** What guests can be made from, for the tab "Templates" of an endpoint's page. They name the endpoint by its id here. */
import { z } from 'zod';
import {
  containerTemplates,
  machineTemplates,
  openEnabled,
  type TemplateDeps,
} from '../../proxmox-reads/cloud-templates.js';
import type { App } from '../app-type.js';
import { booleanField, integerField } from '../query-fields.js';
import { answers, foreignRows } from '../route-document.js';

const tags = ['cloud'];
const Query = z.object({ endpoint_id: integerField({ min: 1 }).describe('Id of the endpoint in this service') });
const MachineQuery = Query.extend({
  cloud_init_only: booleanField.default(true).describe('Only templates with a cloud-init drive or cicustom'),
});

export function registerCloudTemplateRoutes(app: App, deps: TemplateDeps): void {
  const { logger } = deps;
  app.get(
    '/cloud/vm/templates',
    {
      config: answers(z.object({ count: z.int(), results: foreignRows })),
      schema: { tags, summary: 'Templates of virtual machines', querystring: MachineQuery },
    },
    async ({ query: { endpoint_id: id, cloud_init_only: cloudInitOnly } }) => {
      const results = await machineTemplates(await openEnabled(id, deps), { cloudInitOnly, logger });
      return { count: results.length, results };
    },
  );
  app.get(
    '/cloud/lxc/templates',
    {
      config: answers(foreignRows),
      schema: { tags, summary: 'Archives that containers are made from', querystring: Query },
    },
    async ({ query: { endpoint_id: id } }) => containerTemplates(await openEnabled(id, deps), logger),
  );
}
