/** `/proxmox/api2/*`: the API of Proxmox itself, one wildcard per method, checked by its schema. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { LiveDeps, LiveRequest } from '../../proxmox-live/live.js';
import type { ProxmoxEndpoint } from '../../endpoints/types.js';
import { answerLive } from '../../proxmox-live/live.js';
import { controlNames } from '../../proxmox-live/target.js';
import type { PluginMirror } from '../../plugin-endpoints/mirror.js';
import { toProxboxError } from '../../errors/proxbox-error.js';
import { logSecurityEvent } from '../../telemetry/security-events.js';
import type { App } from '../app-type.js';
import { textField } from '../query-fields.js';
import { answers } from '../route-document.js';
import { actorOf } from './actor.js';
import { EndpointIds, Source } from './read-scope.js';

export interface Api2Deps extends LiveDeps {
  readonly logger: Logger;
  readonly pluginMirror: Pick<PluginMirror, 'noticeRefusal'>;
}

/** The rest of the query is for Proxmox. */
const Query = z.looseObject({
  source: Source,
  target_name: textField(255).optional(),
  target_domain: textField(255).optional(),
  target_ip_address: textField(45).optional(),
  proxmox_endpoint_ids: EndpointIds,
  endpoint_ids: EndpointIds,
});
const Body = z.looseObject({}).nullish();

const isControl = (name: string): boolean => controlNames.some((known) => known === name);
const maxLoggedPath = 300;

/** `op_source` is the `source` of Proxmox; `source` alone says where the endpoints come from. */
function parametersOf(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.entries(query).filter(([name]) => !isControl(name));
  return Object.fromEntries(
    own.map(([name, value]) => [isControl(name.slice(3)) ? name.replace(/^op_/, '') : name, value]),
  );
}

type Asked = Pick<LiveRequest, 'method' | 'parameters' | 'control' | 'onEndpoint'>;

async function answer(
  asked: Asked,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: Api2Deps,
): Promise<FastifyReply> {
  const onOtherMethods = (methods: readonly string[]): void => void reply.header('allow', methods.join(', '));
  const live = { ...asked, rawPath: rawPathOf(request), actor: actorOf(request), onOtherMethods };
  const { data, schemaTag } = await answerLive(live, deps);
  reply.header('x-proxbox-schema', schemaTag);
  // A bare `null` or text would leave without quotes otherwise.
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(data ?? null));
}

function rawPathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}

/** A write leaves a security event whatever becomes of it. */
async function answerWrite(
  asked: Asked,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: Api2Deps,
): Promise<FastifyReply> {
  let endpointId: number | undefined;
  const onEndpoint = ({ id }: ProxmoxEndpoint): void => void (endpointId = id);
  const log = (outcome: string): void => {
    const path = rawPathOf(request).slice(0, maxLoggedPath);
    const event = { event: 'proxmox_write', method: asked.method, path, outcome } as const;
    const named = endpointId === undefined ? event : { ...event, endpointId };
    logSecurityEvent(deps.logger.child({ requestId: request.id }), named, actorOf(request));
  };
  try {
    const answered = await answer({ ...asked, onEndpoint }, request, reply, deps);
    log('done');
    return answered;
  } catch (error) {
    const { code, where } = toProxboxError(error);
    if (code === 'endpoint_writes_disabled') {
      endpointId = Number(where['endpoint_id']);
      deps.pluginMirror.noticeRefusal(endpointId);
    }
    log(code);
    throw error;
  }
}

const tags = ['proxmox'];

export function registerProxmoxApi2Routes(app: App, deps: Api2Deps): void {
  app.get(
    '/proxmox/api2/*',
    {
      config: answers(z.unknown()),
      schema: { tags, summary: 'Any GET of the API of Proxmox, after an optional schema name', querystring: Query },
    },
    async (request, reply) => {
      const { query } = request;
      return answer({ method: 'GET', control: query, parameters: parametersOf(query) }, request, reply, deps);
    },
  );
  for (const method of ['POST', 'PUT', 'DELETE'] as const) {
    app.route({
      method,
      url: '/proxmox/api2/*',
      config: answers(z.unknown()),
      schema: { tags, summary: `${method}: only where allow_writes is on`, querystring: Query, body: Body },
      handler: async (request, reply) => {
        const { query, body } = request;
        const parameters = { ...parametersOf(query), ...body };
        return answerWrite({ method, control: query, parameters }, request, reply, deps);
      },
    });
  }
}
