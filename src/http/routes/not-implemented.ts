/** Answers for the routes of not-implemented-table.ts, after authentication. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../config/clock.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import type { RouteIndex } from '../route-index.js';
import { streamSse, type SseFrame } from '../stream/sse.js';
import { gateOf, GateQuery, type GateDeps } from './gated.js';
import { unbuiltRoutes, type UnbuiltRoute } from './not-implemented-table.js';

export interface NotImplementedDeps extends GateDeps {
  readonly routes: RouteIndex;
  readonly clock: Clock;
}

const GuestParams = z.looseObject({ vmid: integerField({ min: 1 }).optional() });

function sentence(route: UnbuiltRoute): string {
  return `${route.what} is not part of this version.`;
}

async function* emptyStage(route: UnbuiltRoute): AsyncGenerator<SseFrame, void> {
  const result = {
    count: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    deleted: 0,
    failed: 0,
    skipped: 0,
    total: 0,
    warnings: [],
  };
  yield {
    event: 'complete',
    data: { ok: true, message: `${sentence(route)} Nothing was changed.`, result, errors: [] },
  };
}

async function answerUnbuilt(route: UnbuiltRoute, reply: FastifyReply, clock: Clock): Promise<unknown> {
  switch (route.answer) {
    case 'empty_items':
      return { items: [] };
    case 'empty_stage_stream':
      return streamSse(reply, emptyStage(route), { clock, onDisconnect: () => undefined });
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
      handler: (_request, reply) => answerUnbuilt(route, reply, deps.clock),
    });
    return;
  }
  app.route({
    method: methods,
    url: route.path,
    schema: { ...schema, querystring: GateQuery },
    handler: async (request, reply) => {
      const gated = gateOf(deps, request.query, gate);
      return 'refusal' in gated ? reply.status(403).send(gated.refusal) : answerUnbuilt(route, reply, deps.clock);
    },
  });
}

/** Must be registered after every real route: a route that exists is never covered by its stand-in. */
export function registerNotImplementedRoutes(app: App, deps: NotImplementedDeps): void {
  for (const route of unbuiltRoutes) registerUnbuilt(app, route, deps);
}
