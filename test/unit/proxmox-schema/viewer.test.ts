import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../src/proxmox-schema/openapi.js';
import { readViewer } from '../../../src/proxmox-schema/viewer.js';

const leaf = (path: string, info: object) => ({ path, text: path.split('/').at(-1), leaf: 1, info });
const get = (properties: object = {}, more: object = {}) => ({
  GET: {
    method: 'GET',
    name: 'read',
    description: 'Reads.',
    parameters: { additionalProperties: 0, properties },
    ...more,
  },
});

/** The least that counts as the viewer of Proxmox VE, and what a test adds. */
function viewer(...nodes: object[]): string {
  const tree = [leaf('/version', get()), leaf('/nodes', get()), leaf('/cluster', get()), ...nodes];
  return `const apiSchema = ${JSON.stringify(tree, null, 3)}\n;\n\nlet other = [1, "]"];\n`;
}

const info = { title: 't', version: '9.1', source: 'node', generatedAt: null };
const documentOf = (...nodes: object[]) => openApiDocument(readViewer(viewer(...nodes), 'node'), info);

describe('the viewer', () => {
  it.each([
    ['const apiSchema', viewer()],
    ['var pveapi of older releases', viewer().replace('const apiSchema', 'var pveapi')],
    ['the bare array', JSON.stringify([leaf('/version', get()), leaf('/nodes', get()), leaf('/cluster', get())])],
  ])('is read from %s', (_name, text) => {
    expect(readViewer(text, 'x').map(({ path }) => path)).toEqual(['/version', '/nodes', '/cluster']);
  });

  it('is read although texts hold brackets, quotes and backslashes', () => {
    const odd = leaf('/cluster/odd', get({ a: { type: 'string', description: 'a ] } "quoted\\" [ text' } }));

    expect(readViewer(viewer(odd), 'x').at(-1)).toMatchObject({
      path: '/cluster/odd',
      properties: { a: { description: 'a ] } "quoted\\" [ text' } },
    });
  });

  it.each([
    ['a web page', '<!DOCTYPE html><html></html>', 'is a web page'],
    ['another script', 'let x = [1];', 'has no "apiSchema = [...]"'],
    ['empty', '', 'has no "apiSchema'],
    ['cut off', viewer().slice(0, 200), 'is cut off'],
    ['damaged', viewer().replace('"leaf": 1', '"leaf": oops'), 'is damaged'],
    [
      'the viewer of another product',
      `const apiSchema = ${JSON.stringify([leaf('/ping', get())])};`,
      'has no /version, /nodes, /cluster: it does not describe the API of Proxmox VE',
    ],
  ])('is refused when it is %s', (_name, text, reason) => {
    expect(() => readViewer(text, 'the source')).toThrow(`the source ${reason}`);
  });
});

describe('the document', () => {
  it('has path parameters as required and the others by their own word', () => {
    const rules = {
      node: { type: 'string', format: 'pve-node' },
      limit: { type: 'integer', minimum: '0', optional: 1 },
    };
    const { paths } = documentOf(leaf('/nodes/{node}/tasks', get(rules)));

    expect(paths['/nodes/{node}/tasks']).toMatchObject({
      get: {
        operationId: 'get_nodes_node_tasks',
        parameters: [
          { name: 'node', in: 'path', required: true, schema: { type: 'string', 'x-proxmox-format': 'pve-node' } },
          { name: 'limit', in: 'query', required: false, schema: { type: 'integer', minimum: 0 } },
        ],
      },
    });
  });

  it('has a placeholder that no parameter describes as text', () => {
    const { paths } = documentOf(leaf('/cluster/lists/{seq}', get()));

    expect(paths['/cluster/lists/{seq}']).toMatchObject({
      get: { parameters: [{ name: 'seq', in: 'path', required: true, schema: { type: 'string' } }] },
    });
  });

  it('has the parameters of POST as body, families of numbered keys as pattern', () => {
    const properties = {
      node: { type: 'string' },
      vmid: { type: 'integer' },
      'net[n]': { type: 'string', optional: 1 },
      name: { type: 'string', optional: 1 },
    };
    const { paths } = documentOf(
      leaf('/nodes/{node}/qemu', { POST: { parameters: { additionalProperties: 0, properties } } }),
    );

    expect(paths['/nodes/{node}/qemu']).toMatchObject({
      post: {
        requestBody: {
          content: {
            'application/json': {
              schema: {
                required: ['vmid'],
                properties: { vmid: { type: 'integer' }, name: { type: 'string' } },
                patternProperties: { '^net\\d+$': { type: 'string' } },
                additionalProperties: false,
              },
            },
          },
        },
      },
    });
  });

  it.each([
    ['plain', '\\d+[MG]?', { pattern: '^\\d+[MG]?$' }],
    ['as Perl prints it', '(?^:[A-Za-z][A-Za-z0-9\\.\\-_]+)', { pattern: '^(?:[A-Za-z][A-Za-z0-9\\.\\-_]+)$' }],
    ['without regard to case', '(?^i:[a-z]+)', { 'x-proxmox-pattern': '(?^i:[a-z]+)' }],
    ['only Perl knows', '(?>a+)b', { 'x-proxmox-pattern': '(?>a+)b' }],
    ['of unbounded cost', '^(?:(?:[._]|[-]*)[a-z]+)*$', { 'x-proxmox-pattern': '^(?:(?:[._]|[-]*)[a-z]+)*$' }],
  ])('has a pattern that is %s where it can be checked, else beside it', (_name, pattern, expected) => {
    const { paths } = documentOf(leaf('/cluster/x', get({ a: { type: 'string', pattern } })));

    const [parameter] = (paths['/cluster/x'] as { get: { parameters: { schema: object }[] } }).get.parameters;
    expect(parameter?.schema).toEqual({ type: 'string', ...expected });
  });

  it('counts, names its source and keeps what Proxmox says of permissions', () => {
    const permissions = { check: ['perm', '/', ['Sys.Audit']] };
    const document = documentOf(leaf('/cluster/a', get({}, { permissions, allowtoken: 1 })));

    expect(document.info).toMatchObject({
      version: '9.1',
      'x-proxmox': { source: 'node', path_count: 4, operation_count: 4 },
    });
    expect(document.paths['/cluster/a']).toMatchObject({ get: { 'x-proxmox': { permissions, allowtoken: 1 } } });
  });
});
