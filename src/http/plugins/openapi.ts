/** The API document, made from the schemas of the routes, and a viewer for it from bundled files: no CDN. */
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { App } from '../app-type.js';

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
    transform: jsonSchemaTransform,
  });
}

const hidden = { config: { isPublic: true }, schema: { hide: true } };

export function registerDocumentationRoutes(app: App): void {
  app.get('/openapi.json', hidden, async () => app.swagger());
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
