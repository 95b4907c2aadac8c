/** Documents that are made from, or checked against, the code. `npx vitest run <this file> -u` writes docs/errors.md anew. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCatalog } from '../../../src/errors/catalog.js';
import { reasonCodes } from '../../../src/sync/reasons.js';
import { anApp } from '../../component/http/app-fixture.js';

const root = new URL('../../../', import.meta.url);

function errorsPage(): string {
  const rows = Object.entries(errorCatalog).map(
    ([code, { status, retryable, meaning, remedy }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${meaning} | ${remedy} |`,
  );
  const reasons = Object.entries(reasonCodes).map(
    ([code, { meaning, remedy, concern, isPartial }]) =>
      `| \`${code}\` | ${isPartial ? 'partial' : concern} | ${meaning} | ${remedy} |`,
  );
  return `# Errors

Every error that this service raises, and every reason that a run gives. The tables are generated from
\`src/errors/catalog.ts\` and \`src/sync/reasons.ts\`.

- "Retry" says whether the same request may succeed later without anybody changing anything.
- Codes of bad requests, missing objects, keys and limits are answered as \`{"detail": ...}\`; a refused body, query or
  path as \`{"detail": [{"type", "loc", "msg", "ctx"?}]}\`. Submitted values are never repeated.
- All others are answered as \`{"message", "detail", "python_exception"}\`. For NetBox and Proxmox trouble \`detail\` begins
  with the code, and \`reason\` and \`upstream\` are added. \`python_exception\` is null unless
  \`PROXBOX_EXPOSE_INTERNAL_ERRORS\` is on.
- A route with a fixed answer of its own may use another status.
- Every answer carries \`X-Request-ID\`; the log lines of the request carry the same id.

| Code | Status | Retry | Meaning | What to do |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Reasons

Why an object of a run failed, was skipped or could not be read: \`reason\` in results, warnings and frames; what to do is the
\`suggestion\` of the frame \`error_detail\`. "partial": a run that gives the reason is not complete. "mendable": told object by
object, and the run is complete all the same. "informational": as it should be. An object that failed makes a run partial,
whatever its reason.

| Reason | Class | Meaning | What to do |
| --- | --- | --- | --- |
${reasons.join('\n')}
`;
}

describe('docs/errors.md', () => {
  it('is what the catalog says', async () => {
    await expect(errorsPage()).toMatchFileSnapshot(new URL('docs/errors.md', root).pathname);
  });
});

describe('docs/api.md', () => {
  it('names every route of the API document', async () => {
    const { app } = await anApp({ withKey: false });
    const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, Record<string, unknown>> }>();
    const page = readFileSync(new URL('docs/api.md', root), 'utf8');

    const missing = Object.entries(paths)
      .filter(([path]) => !path.startsWith('/sync/') && !path.includes('/create') && !path.startsWith('/full-update'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .filter((route) => !route.startsWith('HEAD '))
      .filter((route) => !page.includes(`\`${route.replace(/([^ ])\/$/, '$1')}\``));

    expect(missing).toEqual([]);
  });
});

describe('src/http/routes/README.md', () => {
  it('names every file of the folder', () => {
    const folder = new URL('src/http/routes/', root);
    const page = readFileSync(new URL('README.md', folder), 'utf8');
    const files = readdirSync(folder).filter((name) => name !== 'README.md');

    expect(files.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });
});
