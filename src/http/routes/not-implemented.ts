/** Answers for the routes of not-implemented-table.ts, after authentication. */
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import type { RouteIndex } from '../route-index.js';
import { gateOf, GateQuery, type GateDeps } from './gated.js';
import { unbuiltRoutes, type UnbuiltRoute } from './not-implemented-table.js';

export interface NotImplementedDeps extends GateDeps {
  readonly routes: RouteIndex;
}

const GuestParams = z.looseObject({ vmid: integerField({ min: 1 }).optional() });

function sentence(route: UnbuiltRoute): string {
  const instead = route.instead === undefined ? '' : ` ${route.instead}.`;
  return `${route.what} is not part of this version.${instead}`;
}

function answerUnbuilt(route: UnbuiltRoute): unknown {
  switch (route.answer) {
    case 'empty_items':
      return { items: [] };
    case 'not_implemented':
      throw new ProxboxError('not_implemented', sentence(route));
  }
}

function registerUnbuilt(app: App, route: UnbuiltRoute, deps: NotImplementedDeps): void {
  const schema = { hide: true, params: GuestParams };
  const methods = route.methods.filter((method) => !deps.routes.has(method, route.path));
  const { gate } = route;
  if (methods.length === 0) return;
  if (gate === undefined) {
    app.route({
      method: methods,
      url: route.path,
      schema,
      handler: async () => answerUnbuilt(route),
    });
    return;
  }
  app.route({
    method: methods,
    url: route.path,
    schema: { ...schema, querystring: GateQuery },
    handler: async (request, reply) => {
      const gated = gateOf(deps, request.query, gate);
      return 'refusal' in gated ? reply.status(403).send(gated.refusal) : answerUnbuilt(route);
    },
  });
}

/** Must be registered after every real route: a route that exists is never covered by its stand-in. */
export function registerNotImplementedRoutes(app: App, deps: NotImplementedDeps): void {
  for (const route of unbuiltRoutes) registerUnbuilt(app, route, deps);
}
