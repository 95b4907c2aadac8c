import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { schemaProblem } from '../../../src/compose/start-schemas.js';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** One folder per tag; `null`: without a document. */
function generated(documents: Readonly<Record<string, string | null>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-schemas-'));
  folders.push(folder);
  for (const [tag, text] of Object.entries(documents)) {
    mkdirSync(path.join(folder, tag));
    if (text !== null) writeFileSync(path.join(folder, tag, 'openapi.json'), text);
  }
  return folder;
}

const problemOf = (generatedDir: string, generatedDirConfigured = true) =>
  schemaProblem({ generatedDir, generatedDirConfigured });

describe('the generated schemas', () => {
  it('are usable when every document is JSON with paths, and folders without a document do not matter', () => {
    const folder = generated({
      '8.4': '{"paths": {}}',
      latest: '{"openapi": "3.1.0", "paths": {"/x": {}}}',
      tmp: null,
    });
    writeFileSync(path.join(folder, 'README'), '');

    expect(problemOf(folder)).toBeUndefined();
  });

  it.each([
    ['invalid JSON', '{"paths": ', 'is not valid JSON'],
    ['empty', '', 'is not valid JSON'],
    ['without paths', '{"openapi": "3.1.0"}', 'has no "paths"'],
    ['with paths that are a list', '{"paths": []}', 'has no "paths"'],
    ['no object', '[]', 'has no "paths"'],
  ])('cannot be used when a document is %s', (_name, text, reason) => {
    const folder = generated({ good: '{"paths": {}}', bad: text });

    expect(problemOf(folder)).toContain(`${path.join(folder, 'bad', 'openapi.json')} ${reason}`);
    expect(problemOf(folder)).not.toContain('good');
  });

  it('cannot be used when a document cannot be read', () => {
    const folder = generated({ '8.4': null });
    mkdirSync(path.join(folder, '8.4', 'openapi.json'));

    expect(problemOf(folder)).toContain(`${path.join(folder, '8.4', 'openapi.json')} cannot be read`);
  });

  it('are told about in one sentence', () => {
    const problem = problemOf(generated({ a: '{', b: '{}' }));

    expect(problem).toMatch(/^Generated Proxmox schemas cannot be used: .*a\/openapi\.json .*; .*b\/openapi\.json/);
    expect(problem).toContain('PROXBOX_GENERATED_DIR');
  });

  it('may be missing, unless their folder was named', () => {
    expect(problemOf('/nowhere/at/all', false)).toBeUndefined();
    expect(problemOf('/nowhere/at/all')).toContain('the folder /nowhere/at/all does not exist');
  });

  it('cannot be used when their folder is a file', () => {
    const file = path.join(generated({}), 'file');
    writeFileSync(file, '');

    expect(problemOf(file)).toContain(`the folder ${file} cannot be listed`);
  });
});
