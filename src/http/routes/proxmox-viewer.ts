/** `/proxmox/viewer/*`: which schemas of Proxmox there are, their documents, and making one. */
import path from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { GeneratedSchema, GenerateOrder, SchemaGenerator } from '../../proxmox-schema/generator.js';
import type { Schemas } from '../../proxmox-schema/schemas.js';
import type { App } from '../app-type.js';
import { booleanField, decimalField, integerField, textField } from '../query-fields.js';
import { answers } from '../route-document.js';
import { EndpointIds } from './read-scope.js';

const Version = z.object({ version_tag: textField(64).optional() });
const Generate = Version.extend({
  source_url: textField(2048)
    .optional()
    .describe('apidoc.js of an API viewer; default: that of the endpoint, else of pve.proxmox.com'),
  proxmox_endpoint_ids: EndpointIds.describe('One stored endpoint, whose node is read'),
  endpoint_ids: EndpointIds,
  name: textField(255).optional(),
  domain: textField(255).optional(),
  ip_address: textField(45).optional(),
  persist: booleanField.default(true),
  retry_count: integerField({ min: 0, max: 10 }).default(2),
  retry_backoff: decimalField({ min: 0, max: 5 }).default(0.35).describe('Seconds'),
});
const Made = z.object({
  message: z.string(),
  source_url: z.string(),
  version_tag: z.string(),
  generated_at: z.string(),
  endpoint_count: z.int(),
  operation_count: z.int(),
  output_dir: z.string().nullable(),
  retry: z.object({ retry_count: z.int(), retry_backoff: z.number() }),
});
const Openapi = z.looseObject({ openapi: z.string(), paths: z.looseObject({}) });
const Contracts = z.object({
  proxmox_generated_openapi_present: z.boolean(),
  proxmox_generated_path_count: z.int(),
  netbox_schema_source: z.null(),
});
const Refreshed = z.object({
  message: z.string(),
  available_versions: z.array(z.string()),
  problems: z.array(z.string()),
});
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

export interface ViewerDeps {
  readonly proxmoxSchemas: Schemas;
  readonly schemaGenerator: SchemaGenerator;
}

function orderOf(query: z.infer<typeof Generate>): GenerateOrder {
  const { version_tag: tag, source_url: url, persist, retry_count, retry_backoff, ...rest } = query;
  const { proxmox_endpoint_ids, endpoint_ids, name, domain, ip_address } = rest;
  return {
    tag: tag === '' ? undefined : tag,
    sourceUrl: url === '' ? undefined : url,
    scope: { proxmox_endpoint_ids, endpoint_ids, name, domain, ip_address },
    isStored: persist,
    retries: retry_count,
    backoffMs: retry_backoff * 1000,
  };
}

function messageOf({ file, problems }: GeneratedSchema): string {
  if (file === null) return 'The schema was read and not stored.';
  if (problems.length === 0) return 'The schema was generated and is served.';
  return `The schema was generated. None is served before others are made again or removed: ${problems.join('; ')}.`;
}

function registerGeneration(app: App, { schemaGenerator }: ViewerDeps): void {
  app.post(
    '/proxmox/viewer/generate',
    {
      config: answers(Made),
      schema: { tags, summary: 'Make the schema of a release, and serve it', querystring: Generate },
    },
    async ({ query }) => {
      const made = await schemaGenerator.generate(orderOf(query));
      return {
        message: messageOf(made),
        source_url: made.source,
        version_tag: made.tag,
        generated_at: made.generatedAt.toISOString(),
        endpoint_count: made.pathCount,
        operation_count: made.operationCount,
        output_dir: made.file === null ? null : path.dirname(made.file),
        retry: { retry_count: query.retry_count, retry_backoff: query.retry_backoff },
      };
    },
  );
}

export function registerProxmoxViewerRoutes(app: App, deps: ViewerDeps): void {
  const { proxmoxSchemas: schemas, schemaGenerator } = deps;
  registerGeneration(app, deps);
  app.get(
    '/proxmox/viewer/schema-status',
    {
      config: answers(z.looseObject({})),
      schema: { tags, summary: 'Generated schemas of Proxmox releases', querystring: Version },
    },
    async ({ query: { version_tag: tag } }) =>
      tag === undefined || tag === ''
        ? { available_versions: schemas.tags(), generation_tasks: schemaGenerator.tasks() }
        : {
            version_tag: tag,
            schema_available: schemas.tags().includes(tag),
            generation: schemaGenerator.tasks()[tag] ?? null,
          },
  );
  app.get(
    '/proxmox/viewer/openapi',
    {
      config: answers(Openapi),
      schema: { tags, summary: 'The schema of a release as OpenAPI document', querystring: Version },
    },
    async ({ query: { version_tag: tag } }) => documentOr404(schemas, tag === undefined || tag === '' ? 'latest' : tag),
  );
  app.get(
    '/proxmox/viewer/openapi/embedded',
    {
      config: answers(Openapi),
      schema: { tags, summary: 'The table that answers without a generated schema, as OpenAPI document' },
    },
    async () => documentOr404(schemas, 'embedded-minimal'),
  );
  app.get(
    '/proxmox/viewer/integration/contracts',
    {
      config: answers(Contracts),
      schema: { tags, summary: 'Is there a generated schema, and how large is it?' },
    },
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
    { config: answers(Refreshed), schema: { tags, summary: 'Read the generated schemas again' } },
    async ({ log }) => refresh(schemas, log),
  );
}
