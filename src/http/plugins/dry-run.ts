/**
 * `dry_run=true` never writes, on any route. A route that can preview says so in its `config`; every other one that may change
 * something refuses the word, instead of doing what the caller did not want done.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { booleanOf } from '../../values/boolean-word.js';

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const Query = z.looseObject({ dry_run: z.union([z.string(), z.array(z.string())]).optional() });

/** `dryrun`, `dry-run`, `dryRun`: unknown names are left alone, and this one would write. */
function misspelt({ query }: FastifyRequest): string | undefined {
  const names = Object.keys(Query.safeParse(query).data ?? {});
  return names.find((name) => name !== 'dry_run' && /^dry[_ .-]?run$/i.test(name));
}

/** After authentication: what a route can do is nobody's business before. */
export function registerDryRun(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const wrong = misspelt(request);
    if (wrong !== undefined && (request.routeOptions.config.previews === true || mayChange(request)))
      throw new ProxboxError(
        'invalid_request',
        `There is no parameter '${wrong}'. Did you mean dry_run? Nothing was done.`,
      );
    if (!mayChange(request) || !asksForPreview(request)) return;
    throw new ProxboxError(
      'invalid_request',
      `${request.method} ${request.routeOptions.url ?? request.url} cannot be previewed: with dry_run it does nothing. Leave dry_run out to carry it out.`,
    );
  });
}

function mayChange({ method, routeOptions: { url, config } }: FastifyRequest): boolean {
  if (url === undefined || config.previews === true) return false;
  return config.writes === true || !readingMethods.has(method);
}

/** Anything but a clear no: whoever says `dry_run=maybe` does not want a write. */
function asksForPreview({ query }: FastifyRequest): boolean {
  const { data } = Query.safeParse(query);
  const word = Array.isArray(data?.dry_run) ? data.dry_run.at(-1) : data?.dry_run;
  return word !== undefined && booleanOf(word) !== false;
}
