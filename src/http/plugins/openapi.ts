/** The API document, made from the schemas of the routes, and a viewer for it from bundled files: no CDN. */
import { createReadStream } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import swagger from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { isObject } from '../../values/plain-object.js';
import type { App } from '../app-type.js';
import type { RouteDocument } from '../route-document.js';

const assetFolder = path.join(path.dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui')), 'static');

/** A closed list: a name from the URL never becomes a path. */
const assets = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['favicon-32x32.png', 'image/png'],
]);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Proxbox Backend</title>
    <link rel="icon" href="/static/favicon-32x32.png" />
    <link rel="stylesheet" href="/static/swagger-ui.css" />
  </head>
  <body>
    <div id="viewer"></div>
    <script src="/static/swagger-ui-bundle.js"></script>
    <script>
      SwaggerUIBundle({ url: '/openapi.json', dom_id: '#viewer' });
    </script>
  </body>
</html>
`;

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;

/** What any operation may be answered instead: its own list names what it answers when it is carried out. */
const refusals = {
  '4XX': {
    description:
      'Refused: the key, the rate limit, the size, the parameters, or what is stored; `detail` says which and what to do.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
  },
  '5XX': {
    description: 'NetBox, Proxmox, the database or this service failed; see docs/errors.md.',
    content: { 'application/json': { schema: { type: 'object' } } },
  },
} as const;

const refusalSchema = {
  type: 'object',
  required: ['detail'],
  properties: {
    detail: { description: 'What was wrong and what to do; for parameters a list with one entry for each.' },
    reason: { type: 'string', description: 'Code of docs/errors.md' },
    message: { type: 'string' },
  },
} as const;

const objectOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

/** @fastify/swagger says of every body that it is required; one that may be null may be left out as well. */
function withOptionalBody(operation: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const body = objectOf(operation['requestBody']);
  const { schema } = objectOf(objectOf(body['content'])['application/json']);
  const { anyOf } = objectOf(schema);
  const mayBeNull = Array.isArray(anyOf) && anyOf.some((one) => objectOf(one)['type'] === 'null');
  return mayBeNull ? { ...operation, requestBody: { ...body, required: false } } : operation;
}

function refusable(item: unknown): Readonly<Record<string, unknown>> {
  const path = objectOf(item);
  const operations = methods.flatMap((method) => {
    if (!(method in path)) return [];
    const operation = withOptionalBody(objectOf(path[method]));
    return [[method, { ...operation, responses: { ...objectOf(operation['responses']), ...refusals } }] as const];
  });
  return { ...path, ...Object.fromEntries(operations) };
}

/** The document in which every operation names the statuses with which it may be refused or fail. */
function withRefusals(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const components = objectOf(document['components']);
  const schemas = { ...objectOf(components['schemas']), Refusal: refusalSchema };
  const paths = Object.entries(objectOf(document['paths'])).map(([path, item]) => [path, refusable(item)] as const);
  return { ...document, components: { ...components, schemas }, paths: Object.fromEntries(paths) };
}

/** The schema of a route with what is only told of it. */
function withDocument(schema: FastifySchema, document: RouteDocument | undefined): FastifySchema {
  if (document === undefined) return schema;
  const { answers = {}, mediaType = 'application/json', body, headers } = document;
  const told = Object.entries(answers).map(([status, answer]) => {
    const description = STATUS_CODES[status] ?? status;
    const isEmpty = answer instanceof z.ZodNull;
    return [status, isEmpty ? answer : { description, content: { [mediaType]: { schema: answer } } }] as const;
  });
  const known = typeof schema.response === 'object' ? schema.response : {};
  return {
    ...schema,
    response: { ...known, ...Object.fromEntries(told) },
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** Must be awaited before the first route is registered. */
export async function registerOpenapi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Proxbox Backend',
        description: 'Reads Proxmox VE clusters and keeps NetBox true to them.',
        version,
      },
      components: {
        securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-Proxbox-API-Key' } },
      },
      security: [{ apiKey: [] }],
    },
    transform: (input) => {
      const config = input.route.config ?? {};
      const { schema, url } = jsonSchemaTransform({ ...input, schema: withDocument(input.schema, config.document) });
      return { url, schema: config.isPublic === true ? { ...schema, security: [] } : schema };
    },
  });
}

const hidden = { config: { isPublic: true }, schema: { hide: true } };

export function registerDocumentationRoutes(app: App): void {
  app.get('/openapi.json', hidden, async () => withRefusals(objectOf(app.swagger())));
  for (const url of ['/docs', '/redoc']) {
    app.get(url, hidden, async (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  }
  app.get(
    '/static/:file',
    { ...hidden, schema: { hide: true, params: z.object({ file: z.string() }) } },
    async (request, reply) => {
      const { file } = request.params;
      const type = assets.get(file);
      if (type === undefined) throw new ProxboxError('not_found', 'Not Found');
      reply.header('cache-control', 'public, max-age=86400').type(type);
      return reply.send(createReadStream(path.join(assetFolder, file)));
    },
  );
}
