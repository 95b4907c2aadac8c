/** `/proxmox/viewer/*`: which schemas of Proxmox there are, and their documents. Making one is the command's work. */
import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { Schemas } from '../../proxmox-schema/schemas.js';
import type { App } from '../app-type.js';
import { textField } from '../query-fields.js';

const Version = z.object({ version_tag: textField(64).optional() });
const tags = ['proxmox'];

function documentOr404(schemas: Schemas, tag: string) {
  const stored = schemas.find(tag);
  const document = stored === undefined ? undefined : schemas.document(stored.tag);
  if (document !== undefined) return document;
  throw new ProxboxError('not_found', `There is no schema "${tag}". Make it with: proxbox-schema generate ${tag}`);
}

function refresh(schemas: Schemas, log: FastifyBaseLogger) {
  const problems = schemas.reload();
  for (const problem of problems) log.warn({ problem }, 'A generated Proxmox schema cannot be used.');
  return { message: 'The schemas were read again.', available_versions: schemas.tags(), problems };
}

export function registerProxmoxViewerRoutes(
  app: App,
  { proxmoxSchemas: schemas }: { readonly proxmoxSchemas: Schemas },
): void {
  app.get(
    '/proxmox/viewer/schema-status',
    { schema: { tags, summary: 'Generated schemas of Proxmox releases', querystring: Version } },
    async ({ query: { version_tag: tag } }) =>
      tag === undefined || tag === ''
        ? { available_versions: schemas.tags(), generation_tasks: {} }
        : { version_tag: tag, schema_available: schemas.tags().includes(tag), generation: null },
  );
  app.get(
    '/proxmox/viewer/openapi',
    { schema: { tags, summary: 'The schema of a release as OpenAPI document', querystring: Version } },
    async ({ query: { version_tag: tag } }) => documentOr404(schemas, tag === undefined || tag === '' ? 'latest' : tag),
  );
  app.get(
    '/proxmox/viewer/openapi/embedded',
    { schema: { tags, summary: 'The table that answers without a generated schema, as OpenAPI document' } },
    async () => documentOr404(schemas, 'embedded-minimal'),
  );
  app.get(
    '/proxmox/viewer/integration/contracts',
    { schema: { tags, summary: 'Is there a generated schema, and how large is it?' } },
    async () => {
      const isGenerated = schemas.tags().length > 0;
      return {
        proxmox_generated_openapi_present: isGenerated,
        proxmox_generated_path_count: isGenerated ? (schemas.find('latest')?.catalog.pathCount ?? 0) : 0,
        netbox_schema_source: null,
      };
    },
  );
  app.post(
    '/proxmox/viewer/routes/refresh',
    { schema: { tags, summary: 'Read the generated schemas again' } },
    async ({ log }) => refresh(schemas, log),
  );
}
