/**
 * Reads `apidoc.js` of the Proxmox API viewer: an array assigned to `apiSchema` (releases before 7: `pveapi`) that is JSON
 * in itself, followed by the code of the viewer. The code is never run. Pure.
 */
import type { Row } from '../proxmox/parse/coerce.js';
import { isObject } from '../values/plain-object.js';
import { SchemaProblem } from './problem.js';
import { methods, type SourceOperation } from './types.js';

const assignment = /(?:const|let|var)\s+(?:apiSchema|pveapi)\s*=\s*(?=\[)/;
/** The real tree is nine levels deep. */
const maxDepth = 32;

/** Where the array that begins at `start` ends; -1 when the text ends first. */
function endOfArray(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (isInString) {
      if (character === '\\') at += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return -1;
}

function arrayText(text: string, source: string): string {
  const found = assignment.exec(text);
  const start = found === null ? text.search(/\S/) : found.index + found[0].length;
  if (found === null && text[start] !== '[') {
    throw new SchemaProblem(
      /^\s*<(!doctype|html|\?xml)/i.test(text)
        ? `${source} is a web page, not the apidoc.js of the Proxmox API viewer. Check host, port and path, and that no login page is in front.`
        : `${source} has no "apiSchema = [...]": it is not the apidoc.js of the Proxmox API viewer.`,
    );
  }
  const end = endOfArray(text, start);
  if (end === -1) {
    throw new SchemaProblem(`${source} is cut off: the array of the API ends in the middle. Read it again.`);
  }
  return text.slice(start, end);
}

function parsedArray(text: string, source: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(arrayText(text, source));
    if (Array.isArray(value)) return value;
  } catch (error) {
    if (error instanceof SchemaProblem) throw error;
    throw new SchemaProblem(`${source} is damaged: the array of the API is not valid JSON (${String(error)}).`);
  }
  throw new SchemaProblem(`${source} holds no array of the API.`);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function propertiesOf(parameters: Row): Readonly<Record<string, Row>> {
  const { properties } = parameters;
  if (!isObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, rule]) => (isObject(rule) ? [[name, rule]] : [])),
  );
}

/** Releases differ in which they have; what is absent is left out. */
const factNames = ['permissions', 'allowtoken', 'protected', 'proxyto', 'unstable', 'download_allowed'] as const;

function operationOf(path: string, method: SourceOperation['method'], info: Row): SourceOperation {
  const parameters = isObject(info['parameters']) ? info['parameters'] : {};
  return {
    method,
    path,
    name: textOf(info['name']),
    description: textOf(info['description']),
    properties: propertiesOf(parameters),
    // Proxmox: 0 refuses what is not named; where the key is missing, no parameter is named either.
    isOpen: Boolean(parameters['additionalProperties'] ?? false),
    returns: isObject(info['returns']) ? info['returns'] : null,
    facts: Object.fromEntries(factNames.filter((name) => name in info).map((name) => [name, info[name]])),
  };
}

function walk(nodes: readonly unknown[], depth: number, found: SourceOperation[]): void {
  if (depth > maxDepth) return;
  for (const node of nodes.filter(isObject)) {
    const path = textOf(node['path']);
    const info = isObject(node['info']) ? node['info'] : {};
    for (const method of methods) {
      const operation = info[method];
      if (path.startsWith('/') && isObject(operation)) found.push(operationOf(path, method, operation));
    }
    if (Array.isArray(node['children'])) walk(node['children'], depth + 1, found);
  }
}

/**
 * Every operation of an `apidoc.js` (or of the bare array), in the order of the tree.
 * @param source names it in messages
 * @throws SchemaProblem when it is a web page, cut off, damaged, or the viewer of another product
 */
export function readViewer(text: string, source: string): readonly SourceOperation[] {
  const found: SourceOperation[] = [];
  walk(parsedArray(text, source), 0, found);
  const missing = ['/version', '/nodes', '/cluster'].filter((path) => !found.some((known) => known.path === path));
  if (missing.length > 0) {
    throw new SchemaProblem(
      `${source} has no ${missing.join(', ')}: it does not describe the API of Proxmox VE (other Proxmox products have viewers of the same form).`,
    );
  }
  return found;
}
