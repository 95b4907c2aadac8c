/** Something thrown in any hook of a request: a bug is answered without its text, and the process goes on. */
import Fastify, { type FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { registerErrors } from '../../../src/http/plugins/errors.js';
import { registerSecurityHeaders } from '../../../src/http/plugins/security-headers.js';
import { createRouteIndex } from '../../../src/http/route-index.js';
import { serverOptions } from '../../../src/http/server-options.js';

const hooks = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
  'onRequestAbort',
] as const;
type Hook = (typeof hooks)[number];

const manners = {
  'throws at once': () => {
    throw new TypeError('a bug with password="hunter2" in its text');
  },
  'throws later': async () => {
    await Promise.resolve();
    throw new TypeError('a bug with password="hunter2" in its text');
  },
  'throws what is no error': () => {
    throw 'password="hunter2"'; // eslint-disable-line @typescript-eslint/only-throw-error -- libraries do
  },
} as const;

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** The server, the errors and the headers of the service, with a hook that fails on one path. */
async function failing(hook: Hook, fail: () => unknown) {
  const lines: string[] = [];
  const app = Fastify(serverOptions(pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })));
  apps.push(app);
  const routes = createRouteIndex(app);
  registerErrors(app, { routes, exposeInternalErrors: () => false, redact: (text) => text });
  registerSecurityHeaders(app);
  const add = app.addHook.bind(app) as unknown as (name: Hook, run: (request: { url: string }) => unknown) => void;
  // Once: the answer of the error runs through the last hooks again, and one that fails there too is answered by Fastify alone.
  let hasFailed = false;
  add(hook, async (request) => {
    if (request.url !== '/broken' || hasFailed) return undefined;
    hasFailed = true;
    return fail();
  });
  app.get('/broken', async () => {
    if (hook === 'onError') throw new Error('the reason of onError');
    return { ok: true };
  });
  app.get('/other', async () => ({ ok: true }));
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), lines };
}

describe.each(Object.entries(manners))('a hook that %s', (_manner, fail) => {
  it.each(hooks)('as %s: the answer tells nothing of it, and the next request is answered', async (hook) => {
    const { url } = await failing(hook, fail);

    const broken = await fetch(`${url}/broken`).then(
      async (answer) => ({ status: answer.status, text: await answer.text() }),
      () => ({ status: 0, text: '' }),
    );

    // The answer has left, or nobody waits for one, when these two run.
    const expected = hook === 'onResponse' || hook === 'onRequestAbort' ? 200 : 500;
    expect(broken.status).toBe(expected);
    expect(broken.text).not.toContain('hunter2');
    const other = await fetch(`${url}/other`);
    expect([other.status, await other.json()]).toEqual([200, { ok: true }]);
  });
});
