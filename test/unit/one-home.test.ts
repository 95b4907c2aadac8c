/** Facts that were stated in several places once: each has one home, and everybody else asks there. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const src = path.join(import.meta.dirname, '../../src');
const texts = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^(simulator|cli)\//.test(file))
  .map((file) => ({ file, text: readFileSync(path.join(src, file), 'utf8') }));

describe('one home has', () => {
  it.each([
    ["the reading of the plugin's number in a name", '\\(nb:', ['values/plugin-id.ts']],
    ['the test for an object with keys', '!== null && !Array.isArray(', ['values/plain-object.ts']],
    ['the rule for the name of a branch', '[a-z0-9_]{1,64}', ['netbox/branch.ts']],
    ['the refusal of a bad source', 'Invalid source parameter', ['plugin-endpoints/select-endpoints.ts']],
    ['the reading of a list of endpoints', 'Invalid Proxmox endpoint_ids', ['plugin-endpoints/select-endpoints.ts']],
    ['the words of clients for true and false', "'yes', 'y'", ['values/boolean-word.ts']],
    ['an INSERT', /INSERT (OR IGNORE )?INTO/, ['db/insert.ts', 'db/repairs.ts']],
    ['the name of a column that only clients use', 'allow_packer_template_builds', ['db/endpoint-columns.ts']],
    // In the columns of errors/catalog.ts, not in the spelling of its codes.
    [
      'the family of an error, guessed from its code',
      /\bcode\.(startsWith|endsWith)\('[a-z_]|\.test\((error\.)?code\)/,
      [],
    ],
  ])('%s', (_fact, sign, homes) => {
    const found = texts.filter(({ text }) => (typeof sign === 'string' ? text.includes(sign) : sign.test(text)));

    expect(found.map(({ file }) => file.split(path.sep).join('/')).sort()).toEqual(homes);
  });

  it('the refusal without a NetBox endpoint', () => {
    expect(texts.filter(({ text }) => text.includes("'No NetBox endpoint found'"))).toHaveLength(1);
  });
});
