/** API keys: whether the first one is registered, registering it, and managing further ones. */
import { z } from 'zod';
import type { Patience } from '../../endpoints/endpoint-store.js';
import type { ApiKeys } from '../../security/api-keys.js';
import type { App } from '../app-type.js';
import { recordBodyLimit } from '../plugins/request-limits.js';
import { integerField } from '../query-fields.js';
import { said } from '../route-document.js';

const Key = z.object({ id: z.int(), label: z.string(), is_active: z.boolean(), created_at: z.number() });
const CreatedKey = Key.extend({ raw_key: z.string() });
/** Counted in bytes when it is checked; one that goes into a header has no others. */
const NewKey = said(z.string(), { pattern: '^[ -~]{32,72}$' });
const Registration = z.object({ api_key: NewKey, label: z.string().max(255).default('') });
const KeyParams = z.object({ key_id: integerField() });

const tags = ['auth'];
const bodyLimit = recordBodyLimit;

interface AuthRouteDeps extends Patience {
  readonly apiKeys: ApiKeys;
}

function registerBootstrapRoutes(app: App, { apiKeys, patiently }: AuthRouteDeps): void {
  app.get(
    '/auth/bootstrap-status',
    {
      config: { isPublic: true },
      schema: {
        tags,
        summary: 'Is a first key still to be registered?',
        response: { 200: z.object({ needs_bootstrap: z.boolean(), has_db_keys: z.boolean() }) },
      },
    },
    async () => apiKeys.bootstrapStatus(),
  );
  app.post(
    '/auth/register-key',
    {
      bodyLimit,
      config: { isPublic: true, maxPerMinute: 5 },
      schema: {
        tags,
        summary: 'Register the first key',
        body: Registration,
        response: { 201: z.object({ detail: z.string() }) },
      },
    },
    async (request, reply) => {
      await patiently(() => apiKeys.register(request.body.api_key, request.body.label));
      return reply.status(201).send({ detail: 'API key registered.' });
    },
  );
}

export function registerAuthRoutes(app: App, deps: AuthRouteDeps): void {
  const { apiKeys, patiently } = deps;
  registerBootstrapRoutes(app, deps);
  app.get(
    '/auth/keys',
    { schema: { tags, summary: 'All keys, newest first', response: { 200: z.object({ keys: z.array(Key) }) } } },
    async () => ({
      keys: [...apiKeys.list()],
    }),
  );
  app.post(
    '/auth/keys',
    {
      bodyLimit,
      schema: {
        tags,
        summary: 'Create a further key; it is shown once',
        body: z.object({ label: z.string().max(255).default('') }).nullish(),
        response: { 201: CreatedKey },
      },
    },
    async (request, reply) => reply.status(201).send(await patiently(() => apiKeys.create(request.body?.label ?? ''))),
  );
  app.delete(
    '/auth/keys/:key_id',
    {
      config: { document: { answers: { 204: z.null() } } },
      schema: { tags, summary: 'Delete a key', params: KeyParams },
    },
    async (request, reply) => {
      await patiently(() => apiKeys.remove(request.params.key_id));
      return reply.status(204).send();
    },
  );
  app.post(
    '/auth/keys/:key_id/deactivate',
    { schema: { tags, summary: 'Retire a key', params: KeyParams, response: { 200: Key } } },
    (request) => patiently(() => apiKeys.deactivate(request.params.key_id)),
  );
  app.post(
    '/auth/keys/:key_id/activate',
    { schema: { tags, summary: 'Use a retired key again', params: KeyParams, response: { 200: Key } } },
    (request) => patiently(() => apiKeys.activate(request.params.key_id)),
  );
}
