/** Consoles of guests in a browser: a page is given a token by the plugin, and connects with it. */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Env } from '../../config/env.js';
import type { ConsoleService } from '../../console/service.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import { answers, said } from '../route-document.js';
import { actorOf } from './actor.js';
import { gateOf, type GateDeps } from './gated.js';

export interface ConsoleRouteDeps extends GateDeps {
  readonly console: ConsoleService;
  readonly env: Pick<Env, 'console'>;
  /** Aborted when the service stops. */
  readonly stopping: AbortController;
}

const streamPath = '/proxmox/console/browser-stream';

/** `https://netbox.example.com:8443`, as browsers write it; undefined for anything else. */
function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin, href } = new URL(text);
  return protocol === 'https:' && href === `${origin}/` && !text.endsWith('/') ? origin : undefined;
}

const Origin = said(
  z.string().transform((text, context) => {
    const origin = originOf(text);
    if (origin !== undefined) return origin;
    context.addIssue({ code: 'custom', message: 'must be of the form https://host or https://host:port' });
    return z.NEVER;
  }),
  { format: 'uri', pattern: '^https://[^/?#@]+$' },
);

const Asked = z
  .strictObject({
    endpoint_id: integerField({ min: 1 }).describe('Id of the endpoint in this service'),
    vmid: integerField({ min: 1, max: 999_999_999 }),
    node: z.string().trim().min(1).max(255).describe('Where the caller thinks that the guest is; it is looked for'),
    vm_type: z.enum(['qemu', 'lxc']),
    console_type: z.enum(['novnc', 'term']),
    origin: Origin.describe('Of the page that will connect'),
  })
  .refine(({ vm_type: type, console_type: kind }) => type === 'qemu' || kind === 'term', {
    path: ['console_type'],
    message: 'must be term: a container has no screen',
  });

const Issued = z.object({
  stream_token: z.string(),
  websocket_path: z.literal(streamPath),
  expires_at: z.iso.datetime(),
  console_type: z.enum(['novnc', 'term']),
});

/** As the Python service tells it, of which scripts ask whether people may work on guests through this process. */
const Policy = z.object({
  component: z.literal('proxbox-api'),
  capability: z.literal('interactive-rpc-boundary-v1'),
  mode: z.enum(['rpc_only', 'legacy']).describe('rpc_only: no consoles here'),
  generation: z.null().describe('There are none here'),
  quiescing: z.boolean().describe('The service is stopping'),
  active: z.int().describe('Consoles that are open now'),
  cleanup_active: z.int(),
  remote_outcome_unknown: z.boolean(),
  local_ready: z.boolean(),
  aggregate_ready: z.literal(false),
});

/** `binary, proxbox-token.<token>`: a browser can send a secret with a handshake in no other way. */
const protocols = /^binary\s*,\s*proxbox-token\.([A-Za-z0-9_-]{32,256})$/;

function tokenIn(request: FastifyRequest): string {
  return protocols.exec(request.headers['sec-websocket-protocol']?.trim() ?? '')?.[1] ?? '';
}

const switchedOff = 'Consoles are switched off. Start the service with PROXBOX_CONSOLE=1.';

export function registerConsoleRoutes(app: App, deps: ConsoleRouteDeps): void {
  app.get(
    '/execution-policy',
    {
      config: answers(Policy),
      schema: { tags: ['meta'], summary: 'Whether there are consoles, and how many are open' },
    },
    async () => ({
      component: 'proxbox-api' as const,
      capability: 'interactive-rpc-boundary-v1' as const,
      mode: deps.env.console ? ('legacy' as const) : ('rpc_only' as const),
      generation: null,
      quiescing: deps.stopping.signal.aborted,
      active: deps.console.openCount(),
      cleanup_active: 0,
      remote_outcome_unknown: false,
      // The Python service is, too, only with a generation that an operator gave it.
      local_ready: false,
      aggregate_ready: false as const,
    }),
  );
  app.post(
    '/proxmox/console/browser-sessions',
    {
      config: { document: { answers: { 201: Issued } } },
      schema: { tags: ['verbs'], summary: 'Let a page open the console of a guest, once, within 30 s', body: Asked },
    },
    async (request, reply) => {
      if (!deps.env.console) throw new ProxboxError('console_disabled', switchedOff);
      const { endpoint_id, vmid, vm_type: type, console_type: kind, origin } = request.body;
      const gated = gateOf(deps, { endpoint_id, endpoint_id_kind: 'backend' }, 'endpoint_writes_disabled');
      if ('refusal' in gated)
        return reply.status(gated.refusal.reason === 'endpoint_not_found' ? 404 : 403).send(gated.refusal);
      const wish = { endpoint: gated.endpoint, type, vmid, kind, origin, actor: actorOf(request) };
      const { token, expiresAt } = await deps.console.request(wish);
      return reply.status(201).send({
        stream_token: token,
        websocket_path: streamPath,
        expires_at: expiresAt.toISOString(),
        console_type: kind,
      });
    },
  );
  app.route({
    method: 'GET',
    url: streamPath,
    config: { isSocket: true, checksOrigin: true, writes: true },
    schema: { hide: true },
    handler: async () => {
      throw new ProxboxError('not_found', 'Not Found');
    },
    wsHandler: (socket: WebSocket, request) => {
      const origin = originOf(request.headers.origin ?? '') ?? '';
      // A query would be written to the logs of proxies, so none is taken.
      const token = request.url === streamPath ? tokenIn(request) : '';
      void deps.console.serve(socket, { token, origin });
    },
  });
}
