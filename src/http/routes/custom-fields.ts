/** The custom fields of older releases in NetBox; off unless `custom_fields_enabled` is set. */
import { z } from 'zod';
import type { CustomFields } from '../../custom-fields/service.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { App } from '../app-type.js';
import { booleanField } from '../query-fields.js';
import { answers, foreignRows } from '../route-document.js';

/** The flag overrides the plugin's setting for this request. */
const Query = z.object({ custom_fields_enabled: booleanField.optional() });

function withoutNulls(record: NetBoxRecord): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

/** The pass over the tags, roles and types; see sync/support-pass.ts. */
interface SupportObjects {
  readonly status: () => { readonly ok: boolean };
  readonly run: () => Promise<void>;
}

export interface CustomFieldRouteDeps {
  readonly customFields: CustomFields;
  readonly supportPass: SupportObjects;
}

export function registerCustomFieldRoutes(app: App, { customFields, supportPass }: CustomFieldRouteDeps): void {
  const tags = ['netbox'];
  const answer = async (isEnabled: boolean | undefined): Promise<object[]> =>
    (await customFields.reconcile(isEnabled)).map(withoutNulls);

  app.post(
    '/extras/custom-fields/reconcile',
    {
      config: answers(foreignRows),
      schema: { tags, summary: 'Create and mend the custom fields in NetBox', querystring: Query },
    },
    async (request) => {
      // The plugin's "Repair" asks for this when the last pass failed; its card goes when a pass succeeds.
      if (!supportPass.status().ok) void supportPass.run();
      return answer(request.query.custom_fields_enabled);
    },
  );
  app.get(
    '/extras/extras/custom-fields/create',
    {
      config: { writes: true, ...answers(foreignRows) },
      schema: { tags, summary: 'The same, as older clients ask for it', querystring: Query },
    },
    async (request) => answer(request.query.custom_fields_enabled),
  );
}
