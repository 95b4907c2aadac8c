/** The page of operators: files that `npm run build` has made. They hold no secret; what they show is asked for with the API key. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { App } from '../app-type.js';

/** The same folder for the compiled service and for its source. */
const folder = fileURLToPath(new URL('../../../dist/page/', import.meta.url));

const types: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/** Nothing inline, nothing from elsewhere, and no form that a browser sends by itself. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Has a route of its own. */
const document = 'index.html';

interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

/** A closed list: a name from the URL never becomes a path. Empty where the page was not built. */
function readAssets(): ReadonlyMap<string, Asset> {
  try {
    const names = readdirSync(folder).filter((name) => types.has(path.extname(name)));
    return new Map(
      names.map((name) => [
        name,
        { type: types.get(path.extname(name)) ?? '', content: readFileSync(path.join(folder, name)) },
      ]),
    );
  } catch {
    return new Map();
  }
}

const hidden = { config: { isPublic: true }, schema: { hide: true } };

export function registerPageRoutes(app: App): void {
  const assets = readAssets();
  app.get('/ui', hidden, async (_request, reply) => {
    const page = assets.get(document);
    if (page === undefined) throw new ProxboxError('not_found', 'The page was not built: npm run build');
    reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer' });
    return reply.type(page.type).send(page.content);
  });
  // Where the Python service has its page. Relative, so that it is right below a path of a proxy.
  app.get('/admin', hidden, async ({ url }, reply) => reply.redirect(/\/(?:$|\?)/.test(url) ? '../ui' : 'ui'));
  app.get(
    '/ui/:file',
    { ...hidden, schema: { hide: true, params: z.object({ file: z.string() }) } },
    async ({ params: { file } }, reply) => {
      const asset = assets.get(file);
      if (asset === undefined || file === document) throw new ProxboxError('not_found', 'Not Found');
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return reply.type(asset.type).send(asset.content);
    },
  );
}
