/** A page for operators' browsers: which endpoints are stored. No secret is shown, and every value is escaped. */
import { z } from 'zod';
import type { NetBoxEndpointRecord } from '../../endpoints/bodies.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities.get(character) ?? '');

const columns = [
  'name',
  'ip_address',
  'domain',
  'port',
  'base_path',
  'token_version',
  'verify_ssl',
  'enabled',
] as const;

function pageOf(endpoints: readonly NetBoxEndpointRecord[]): string {
  const head = columns.map((column) => `<th>${column}</th>`).join('');
  const rows = endpoints.map((endpoint) => {
    const cells = columns.map((column) => `<td>${escapeHtml(String(endpoint[column]))}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><meta name="robots" content="noindex" /><title>proxbox-api</title></head>
  <body>
    <h1>NetBox endpoints</h1>
    <table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>
  </body>
</html>
`;
}

export function registerAdminPage(app: App, list: () => readonly NetBoxEndpointRecord[]): void {
  app.get(
    '/admin',
    {
      config: answers(z.string(), 'text/html'),
      schema: { tags: ['admin'], summary: 'Stored NetBox endpoints as a page' },
    },
    async (_request, reply) => reply.type('text/html; charset=utf-8').send(pageOf(list())),
  );
}
