/** `/proxmox/api2/*`: the API of Proxmox itself, one wildcard per method, checked by its schema. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { LiveDeps, LiveRequest } from '../../proxmox-live/live.js';
import { answerLive } from '../../proxmox-live/live.js';
import { controlNames, type LiveControl } from '../../proxmox-live/target.js';
import type { PluginMirror } from '../../plugin-endpoints/mirror.js';
import { toProxboxError } from '../../errors/proxbox-error.js';
import { logSecurityEvent } from '../../telemetry/security-events.js';
import type { App } from '../app-type.js';
import { textField } from '../query-fields.js';

export interface Api2Deps extends LiveDeps {
  readonly logger: Logger;
  readonly pluginMirror: Pick<PluginMirror, 'noticeRefusal'>;
}

/** The rest of the query is for Proxmox. */
const Query = z.looseObject({
  source: textField(255).optional(),
  target_name: textField(255).optional(),
  target_domain: textField(255).optional(),
  target_ip_address: textField(45).optional(),
  proxmox_endpoint_ids: textField(4096).optional(),
  endpoint_ids: textField(4096).optional(),
});
const Body = z.looseObject({}).nullish();

const isControl = (name: string): boolean => controlNames.some((known) => known === name);
const maxActorLength = 150;

/** `op_source` is the `source` of Proxmox; `source` alone says where the endpoints come from. */
function parametersOf(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.entries(query).filter(([name]) => !isControl(name));
  return Object.fromEntries(
    own.map(([name, value]) => [isControl(name.slice(3)) ? name.replace(/^op_/, '') : name, value]),
  );
}

function actorOf({ headers }: FastifyRequest): string {
  const sent = headers['x-proxbox-actor'];
  const actor = (typeof sent === 'string' ? sent : '').replace(/[\u0000-\u001f\u007f]/g, '').trim();
  return actor === '' ? 'proxbox-api' : actor.slice(0, maxActorLength);
}

type Asked = Pick<LiveRequest, 'method' | 'parameters'> & { readonly control: LiveControl };

async function answer(asked: Asked, request: FastifyRequest, reply: FastifyReply, deps: Api2Deps): Promise<unknown> {
  const rawPath = request.url.split('?', 1)[0] ?? '';
  const onOtherMethods = (methods: readonly string[]): void => void reply.header('allow', methods.join(', '));
  const { data, schemaTag, endpoint, operation } = await answerLive({ ...asked, rawPath, onOtherMethods }, deps);
  reply.header('x-proxbox-schema', schemaTag);
  if (asked.method !== 'GET') {
    logSecurityEvent(
      deps.logger.child({ requestId: request.id }),
      {
        event: 'proxmox_write',
        method: asked.method,
        operation: operation.id,
        endpointId: endpoint.id,
        outcome: 'done',
      },
      actorOf(request),
    );
  }
  // A bare `null` or text would leave without quotes otherwise.
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(data ?? null));
}

function noticeFailure(error: unknown, asked: Asked, request: FastifyRequest, deps: Api2Deps): void {
  const { code, where } = toProxboxError(error);
  const event = { event: 'proxmox_write', method: asked.method, outcome: code } as const;
  logSecurityEvent(deps.logger.child({ requestId: request.id }), event, actorOf(request));
  if (code === 'endpoint_writes_disabled') deps.pluginMirror.noticeRefusal(Number(where['endpoint_id']));
}

const tags = ['proxmox'];

export function registerProxmoxApi2Routes(app: App, deps: Api2Deps): void {
  app.get(
    '/proxmox/api2/*',
    { schema: { tags, summary: 'Any GET of the API of Proxmox, after an optional schema name', querystring: Query } },
    async (request, reply) => {
      const { query } = request;
      return answer({ method: 'GET', control: query, parameters: parametersOf(query) }, request, reply, deps);
    },
  );
  for (const method of ['POST', 'PUT', 'DELETE'] as const) {
    app.route({
      method,
      url: '/proxmox/api2/*',
      schema: { tags, summary: `${method}: only where allow_writes is on`, querystring: Query, body: Body },
      handler: async (request, reply) => {
        const { query, body } = request;
        const asked: Asked = { method, control: query, parameters: { ...parametersOf(query), ...body } };
        try {
          return await answer(asked, request, reply, deps);
        } catch (error) {
          noticeFailure(error, asked, request, deps);
          throw error;
        }
      },
    });
  }
}
