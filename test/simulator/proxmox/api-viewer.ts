import type { PveProfile } from '../estate/index.js';
import type { Answer } from './answer.js';
import type { Route } from './route.js';

/** Where a node serves the description of its API, without a login. */
export const VIEWER_PATH = '/pve-docs/api-viewer/apidoc.js';

interface TreeNode {
  path: string;
  text: string;
  leaf: 0 | 1;
  info?: Record<string, unknown>;
  children?: TreeNode[];
}

/** `apidoc.js` of a release: the tree of the routes that the simulator has, then code that only a browser can run. */
export function apiViewer(routes: readonly Route[], profile: PveProfile): Answer {
  const roots: TreeNode[] = [];
  for (const route of routes) {
    if (route.profiles?.includes(profile) === false) continue;
    const node = nodeAt(roots, route.path);
    node.info = { ...node.info, [route.method]: infoOf(route) };
  }
  const body = `const apiSchema = ${JSON.stringify(roots, undefined, 3)}\n;\n\n${viewerCode}`;
  return { status: 200, reason: 'OK', body, contentType: 'application/javascript' };
}

const viewerCode = `let method2cmd = { GET: 'get', POST: 'create', PUT: 'set', DELETE: 'delete' };
Ext.onReady(function() { Ext.create('Ext.container.Viewport', { layout: 'border' }); });
`;

function nodeAt(roots: TreeNode[], path: string): TreeNode {
  const segments = path.slice(1).split('/');
  let list = roots;
  let node: TreeNode | undefined;
  for (const [depth, text] of segments.entries()) {
    if (node !== undefined) {
      node.leaf = 0;
      list = node.children ??= [];
    }
    const here = `/${segments.slice(0, depth + 1).join('/')}`;
    node = list.find((known) => known.path === here);
    if (node === undefined) list.push((node = { path: here, text, leaf: 1 }));
  }
  if (node === undefined) throw new Error(`no path in ${path}`);
  return node;
}

function infoOf({ method, path, parameters = {}, permission, open }: Route): unknown {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = names.map((name): readonly [string, unknown] => [name, placeholder(name)]);
  const others = Object.entries(parameters).map(([name, rule]): readonly [string, unknown] => [
    name,
    {
      type: rule.type,
      description: `The parameter ${name}.`,
      typetext: `<${rule.type}>`,
      ...(rule.required === true ? {} : { optional: 1 }),
      ...(rule.values === undefined ? {} : { enum: rule.values }),
      ...(rule.minimum === undefined ? {} : { minimum: rule.minimum }),
      ...(rule.pattern === undefined ? {} : { pattern: perlPattern(rule.pattern) }),
    },
  ]);
  return {
    allowtoken: 1,
    description: `${method} of ${path}, simulated.`,
    method,
    name: path.split('/').at(-1)?.replace(/\W/g, '') ?? '',
    parameters: { additionalProperties: 0, properties: Object.fromEntries(new Map([...inPath, ...others])) },
    permissions: permissionOf(permission, open),
    ...(method === 'GET' ? {} : { protected: 1 }),
    ...(path.includes('{node}') ? { proxyto: 'node' } : {}),
    returns: { type: method === 'GET' ? 'object' : 'string' },
  };
}

function placeholder(name: string): unknown {
  const known: Readonly<Record<string, unknown>> = {
    node: { description: 'The cluster node name.', format: 'pve-node', type: 'string', typetext: '<string>' },
    vmid: {
      description: 'The (unique) ID of the VM.',
      format: 'pve-vmid',
      maximum: 999_999_999,
      minimum: 100,
      type: 'integer',
      typetext: '<integer> (100 - 999999999)',
    },
  };
  return known[name] ?? { description: `The ${name}.`, type: 'string', typetext: '<string>' };
}

/** Perl shows a compiled pattern as a group with its flags, and Proxmox anchors it itself. */
function perlPattern({ source, flags }: RegExp): string {
  return `(?^${flags.includes('i') ? 'i' : ''}:${source})`;
}

function permissionOf(permission: Route['permission'], open: boolean | undefined): unknown {
  if (open === true) return { user: 'world' };
  if (permission === undefined) return { user: 'all' };
  return { check: ['perm', permission.at, permission.all] };
}
