/** The key that encrypts stored credentials: where it comes from, and managing the key file. */
import { z } from 'zod';
import type { EncryptionKeys } from '../../security/encryption-keys.js';
import type { App } from '../app-type.js';
import { recordBodyLimit } from '../plugins/request-limits.js';
import { booleanField } from '../query-fields.js';
import { said } from '../route-document.js';

const KeySource = z.enum(['env', 'plugin', 'local']).nullable();
const Status = z.object({
  configured: z.boolean(),
  source: KeySource,
  attestation_version: z.literal(1),
  active_key_source: KeySource,
  encrypted_credentials_verified: z.boolean(),
  unreadable: z.array(z.string()).readonly(),
  warnings: z.array(z.string()).readonly().describe('What is weak about the keys, with the remedy'),
});

/** `force`: set the key although stored values cannot be read with it. */
const ForceQuery = z.object({ force: booleanField.default(false) });

const tags = ['admin'];

export function registerAdminEncryptionRoutes(app: App, keys: EncryptionKeys): void {
  app.get(
    '/admin/encryption/status',
    { schema: { tags, summary: 'Where the key comes from', response: { 200: Status } } },
    async () => keys.status(),
  );
  app.post(
    '/admin/encryption/key',
    {
      bodyLimit: recordBodyLimit,
      schema: {
        tags,
        summary: 'Write the key file',
        body: z.object({ key: said(z.string().min(1), { pattern: String.raw`\S` }) }),
        querystring: ForceQuery,
        response: { 200: Status },
      },
    },
    async (request) => keys.setKey(request.body.key, request.query),
  );
  app.post(
    '/admin/encryption/generate',
    {
      bodyLimit: recordBodyLimit,
      schema: {
        tags,
        summary: 'Make a key and write the key file; the key is shown once',
        querystring: ForceQuery,
        response: { 200: Status.extend({ key: z.string() }) },
      },
    },
    async (request) => keys.generateKey(request.query),
  );
  app.delete(
    '/admin/encryption/key',
    { schema: { tags, summary: 'Remove the key file', response: { 200: Status } } },
    async () => keys.removeKey(),
  );
}
