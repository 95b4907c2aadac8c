import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedTag, compareTags, tagFor } from '../../../src/proxmox-schema/tags.js';
import { createCatalog } from '../../../src/proxmox-schema/catalog.js';
import { checkParameters } from '../../../src/proxmox-schema/check-parameters.js';
import { denialOf } from '../../../src/proxmox-schema/denied.js';
import { embeddedDocument } from '../../../src/proxmox-schema/embedded.js';
import { openApiDocument } from '../../../src/proxmox-schema/openapi.js';
import { compiledPattern, javaScriptPattern } from '../../../src/proxmox-schema/perl-pattern.js';
import { operationsOf } from '../../../src/proxmox-schema/read-document.js';
import type { Operation } from '../../../src/proxmox-schema/types.js';
import { cpuMsOf } from '../../support/measure.js';

function anOperation(
  properties: Record<string, Record<string, unknown>>,
  method: 'GET' | 'POST' = 'GET',
  isOpen = false,
): Operation {
  const source = { method, path: '/x', name: '', description: '', properties, isOpen, returns: null, facts: {} };
  const info = { title: '', version: '', source: '', generatedAt: null };
  return operationsOf(JSON.parse(JSON.stringify(openApiDocument([source], info).paths)))[0]!;
}

const segments = (path: string): string[] => path.split('/').filter((part) => part !== '');

describe('the schema of a cluster', () => {
  it.each([
    ['9.1', ['9.2', '9.1', '8.4', 'latest'], '9.1'],
    ['9.1.4', ['9.1'], '9.1'],
    ['9.0', ['9.10', '9.9', '8.4'], '9.10'],
    ['7.4', ['9.2', 'latest'], 'latest'],
    ['10.0', ['8.4', '9.2', 'lab'], '9.2'],
    ['9.1', ['lab'], undefined],
    ['9.1', [], undefined],
  ])('of release %s among %j is %s', (release, tags, expected) => {
    expect(tagFor(release, tags)).toBe(expected);
  });

  it('has a name that can only be a folder of its own', () => {
    for (const bad of ['', '.', '..', 'a/b', '../x', 'a\\b', '-x', 'access', 'embedded', 'x'.repeat(65), 'ä'])
      expect(() => checkedTag(bad)).toThrow('cannot be the name of a schema');
    expect(['lab', '8.4', 'latest', '9.10', '9.2'].sort(compareTags)).toEqual(['9.10', '9.2', '8.4', 'lab', 'latest']);
  });
});

describe('the catalog', () => {
  const catalog = createCatalog(operationsOf(embeddedDocument.paths));

  it('finds every path of the embedded table, literals before placeholders', () => {
    for (const { path, method } of operationsOf(embeddedDocument.paths)) {
      const found = catalog.find(segments(path.replace(/\{[^}]+\}/g, 'x')));
      expect(found?.operations.get(method)?.path).toBe(path);
    }
    expect(catalog.find(['cluster', 'ha', 'resources', 'vm:100'])?.place).toEqual({ sid: 'vm:100' });
    expect(catalog.find(['cluster', 'constructor'])).toBeUndefined();
    expect(catalog.find([])).toBeUndefined();
  });

  it('names near paths only, and only with the method', () => {
    expect(catalog.nearest(segments('/clustr/backup'), 'GET')[0]).toBe('/cluster/backup');
    expect(catalog.nearest(segments('/nodes/pve1/qemu/100/status/begin'), 'POST')[0]).toMatch(/status/);
    expect(catalog.nearest(segments('/zzzzzzzz/qqqqqqq/wwwwwwww'), 'POST')).toEqual([]);
  });

  it('compares long words without delay', async () => {
    const words = Array.from({ length: 40 }, () => 'n'.repeat(200));

    expect(await cpuMsOf(() => catalog.nearest(words, 'GET'))).toBeLessThan(1_000);
  });
});

describe('parameters', () => {
  const rules = {
    name: { type: 'string', minLength: 2, maxLength: 4, pattern: '[a-z]+', optional: 1 },
    size: { type: 'number', minimum: 0.5, maximum: 2, optional: 1 },
    flag: { type: 'boolean', optional: 1 },
    kind: { type: 'string', enum: ['a', 'b'], optional: 1 },
    ids: { type: 'array', items: { type: 'integer', minimum: 1 }, optional: 1 },
    'net[n]': { type: 'string', optional: 1 },
  };
  const problemsOf = (given: Record<string, unknown>, method: 'GET' | 'POST' = 'POST') =>
    checkParameters(anOperation(rules, method), given, method === 'GET' ? 'query' : 'body').problems.map(
      ({ loc, type }) => `${loc[1]} ${type}`,
    );

  it.each([
    [{ name: 'a' }, ['name string_too_short']],
    [{ name: 'abcde' }, ['name string_too_long']],
    [{ name: 'a1' }, ['name string_pattern_mismatch']],
    [{ name: 12 }, ['name string_pattern_mismatch']],
    [{ size: 0.4 }, ['size greater_than_equal']],
    [{ size: '3' }, ['size less_than_equal']],
    [{ size: '1e1' }, ['size float_parsing']],
    [{ flag: 'perhaps' }, ['flag bool_parsing']],
    [{ kind: 'c' }, ['kind enum']],
    [{ ids: [1, 'x'] }, ['ids int_parsing']],
    [{ ids: [0] }, ['ids greater_than_equal']],
    [{ net: 'x' }, ['net extra_forbidden']],
    [{ netx: 'x' }, ['netx extra_forbidden']],
    [{ name: { a: 1 } }, ['name scalar_type']],
    [{ name: ['ab', 'cd'] }, ['name scalar_type']],
    [{ name: 'abc', size: 1, flag: 'off', kind: 'a', ids: 5, net12: 'virtio' }, []],
    [{ name: null }, []],
  ])('%j of a body: %j', (given, expected) => {
    expect(problemsOf(given)).toEqual(expected);
  });

  it('repeated in a query count once, unless they are a list', () => {
    const { values, problems } = checkParameters(anOperation(rules), { name: ['xx', 'ab'], ids: ['1', '2'] }, 'query');

    expect({ values, problems }).toEqual({ values: { name: 'ab', ids: ['1', '2'] }, problems: [] });
  });

  it('that are not named pass where Proxmox says so', () => {
    const { values } = checkParameters(anOperation({}, 'POST', true), { anything: 'x' }, 'body');

    expect(values).toEqual({ anything: 'x' });
  });

  it('of any kind never throw and never pass as objects', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
        const { values } = checkParameters(anOperation(rules, 'POST', true), given, 'body');
        expect(
          Object.values(values)
            .flat()
            .every((value) => ['string', 'number', 'boolean'].includes(typeof value)),
        ).toBe(true);
      }),
    );
  });
});

describe('patterns', () => {
  it.each(['(a+)+', '(a|b*)*', '((a+)b)*', '(?:[._]|[-]*)*x', '(a{1,9}){2,}'])(
    'of unbounded cost are not used: %s',
    (pattern) => {
      expect(javaScriptPattern(pattern)).toBeNull();
      expect(compiledPattern(`^${pattern}$`)).toBeNull();
    },
  );

  it.each(['\\S+', '[a-z]+\\d{2,}', '(a|b)+', '\\(a+\\)+', '[(*]+'])('of bounded cost are: %s', (pattern) => {
    expect(javaScriptPattern(pattern)).toBe(`^${pattern}$`);
  });
});

describe('what is never passed on', () => {
  it('is known whatever the schema says', () => {
    expect(denialOf('POST', ['access'])).toBeDefined();
    expect(denialOf('PUT', ['access', 'users', 'a', 'token', 'b'])).toBeDefined();
    expect(denialOf('GET', ['access', 'permissions'])).toBeUndefined();
    expect(denialOf('POST', ['nodes', 'a', 'lxc', '100', 'termproxy'])).toBeDefined();
    expect(denialOf('POST', ['nodes', 'a', 'qemu', '100', 'status', 'start'])).toBeUndefined();
  });
});
