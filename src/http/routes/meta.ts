/** Who this service is, and whether it is up. The plugin finds the backend by the first two routes, without a key. */
import { z } from 'zod';
import type { App } from '../app-type.js';
import type { messageCounter } from './sync/websocket.js';

export interface MetaDeps {
  readonly version: string;
  /** True as soon as the database is open; NetBox and Proxmox do not matter. */
  readonly isReady: () => boolean;
  /** What it cannot do without, each with whether it is there. */
  readonly checks: () => Readonly<Record<string, boolean>>;
  /** What answers a WebSocket handshake on `/`. */
  readonly rootSocket: ReturnType<typeof messageCounter>;
}

const Identity = z.object({
  message: z.string(),
  proxbox: z.object({ github: z.string(), docs: z.string() }),
  fastapi: z.object({ github: z.string(), website: z.string(), reason: z.string() }),
  runtime: z.string(),
});

/** `message` must begin with `Proxbox Backend`; the object `fastapi` keeps the name that a template of the plugin reads. */
const identity = {
  message: 'Proxbox Backend made in Fastify',
  proxbox: { github: 'https://github.com/netdevopsbr/netbox-proxbox', docs: 'https://docs.netbox.dev.br' },
  fastapi: {
    github: 'https://github.com/fastify/fastify',
    website: 'https://fastify.dev/',
    reason: 'Fastify was chosen because of performance and reliability.',
  },
  runtime: 'Node.js',
} satisfies z.infer<typeof Identity>;

const Alive = z.object({ status: z.literal('alive') });
const Ready = z.object({ status: z.enum(['ready', 'not ready']), checks: z.record(z.string(), z.boolean()) });

const isPublic = { isPublic: true };

export function registerMetaRoutes(app: App, deps: MetaDeps): void {
  const identityRoute = {
    method: 'GET',
    exposeHeadRoute: true,
    schema: { tags: ['meta'], summary: 'Identity', response: { 200: Identity } },
    handler: async () => identity,
  } as const;
  app.route({ ...identityRoute, url: '/', config: { ...isPublic, isSocket: true }, wsHandler: deps.rootSocket });
  app.route({ ...identityRoute, url: '/meta', config: isPublic });
  app.get(
    '/health',
    {
      config: isPublic,
      exposeHeadRoute: true,
      schema: {
        tags: ['meta'],
        summary: 'Readiness: always 200',
        response: { 200: z.object({ status: z.enum(['ready', 'initializing']), init_ok: z.boolean() }) },
      },
    },
    async () =>
      deps.isReady()
        ? { status: 'ready' as const, init_ok: true }
        : { status: 'initializing' as const, init_ok: false },
  );
  registerProbes(app, deps);
  app.get(
    '/version',
    {
      schema: {
        tags: ['meta'],
        summary: 'Version of this service',
        response: { 200: z.object({ version: z.string() }) },
      },
    },
    async () => ({ version: deps.version }),
  );
}

/** For supervisors. They say no more than whether, as anybody may ask. */
function registerProbes(app: App, { isReady, checks }: Pick<MetaDeps, 'isReady' | 'checks'>): void {
  app.get(
    '/livez',
    {
      config: isPublic,
      schema: { tags: ['meta'], summary: 'Alive: the process answers', response: { 200: Alive } },
    },
    async () => ({ status: 'alive' as const }),
  );
  app.get(
    '/readyz',
    {
      config: isPublic,
      schema: {
        tags: ['meta'],
        summary: 'Ready for work: 503 when something is missing that no sync can do without',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const found = isReady() ? checks() : { database: false };
      const isAble = Object.values(found).every(Boolean);
      reply.code(isAble ? 200 : 503);
      return { status: isAble ? ('ready' as const) : ('not ready' as const), checks: found };
    },
  );
}
