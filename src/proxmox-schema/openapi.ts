/** Turns operations of Proxmox into an OpenAPI 3.1 document. Proxmox's own keywords are translated or kept under `x-`. Pure. */
import type { Row } from '../proxmox/parse/coerce.js';
import { isObject } from '../values/plain-object.js';
import { javaScriptPattern } from './perl-pattern.js';
import type { DocumentInfo, SchemaDocument, SourceOperation } from './types.js';

const knownTypes = new Set(['string', 'integer', 'number', 'boolean', 'array', 'object', 'null']);
const maxDepth = 16;

/** Keywords that mean the same in JSON Schema. Texts of numbers occur (`"minimum": "0"`). */
const numberKeys = ['minimum', 'maximum', 'minLength', 'maxLength'] as const;
const keptKeys = ['description', 'default', 'title'] as const;
const renamedKeys = ['format', 'typetext', 'requires', 'instance-types', 'type-property'] as const;

const isOptional = (rule: Row): boolean => Boolean(Number(rule['optional'] ?? 0));

/** `net[n]` stands for net0, net1, ... */
const familyOf = (name: string): string | null => (name.endsWith('[n]') ? name.slice(0, -3) : null);

const keyPattern = (family: string): string => `^${family.replace(/[^\w-]/g, '')}\\d+$`;

function picked(rule: Row, keys: readonly string[], rename: (key: string) => string = (key) => key): Row {
  return Object.fromEntries(keys.filter((key) => key in rule).map((key) => [rename(key), rule[key]]));
}

function numbersOf(rule: Row): Row {
  const entries = numberKeys.map((key) => [key, Number(rule[key] ?? Number.NaN)] as const);
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}

function patternOf({ pattern }: Row): Row {
  if (typeof pattern !== 'string') return {};
  const translated = javaScriptPattern(pattern);
  return translated === null ? { 'x-proxmox-pattern': pattern } : { pattern: translated };
}

function structureOf(rule: Row, depth: number): Row {
  const { items, properties } = rule;
  return {
    ...(isObject(items) ? { items: jsonSchema(items, depth + 1) } : {}),
    ...(isObject(properties) ? objectParts(rowsByName(properties), depth) : {}),
  };
}

function rowsByName(properties: Row): Readonly<Record<string, Row>> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, rule]) => (isObject(rule) ? [[name, rule]] : [])),
  );
}

/** JSON Schema of one value; deeper than `maxDepth` anything is accepted. */
function jsonSchema(rule: Row, depth = 0): Row {
  if (depth > maxDepth) return {};
  const { type, enum: choices } = rule;
  return {
    ...(typeof type === 'string' && knownTypes.has(type) ? { type } : {}),
    ...(Array.isArray(choices) ? { enum: choices } : {}),
    ...numbersOf(rule),
    ...patternOf(rule),
    ...structureOf(rule, depth),
    ...picked(rule, keptKeys),
    ...picked(rule, renamedKeys, (key) => `x-proxmox-${key}`),
  };
}

function objectParts(properties: Readonly<Record<string, Row>>, depth: number): Row {
  const plain = Object.entries(properties).filter(([name]) => familyOf(name) === null);
  const families = Object.entries(properties).flatMap(([name, rule]) => {
    const family = familyOf(name);
    return family === null ? [] : [[keyPattern(family), jsonSchema(rule, depth + 1)] as const];
  });
  const required = plain.filter(([, rule]) => !isOptional(rule)).map(([name]) => name);
  return {
    properties: Object.fromEntries(plain.map(([name, rule]) => [name, jsonSchema(rule, depth + 1)])),
    ...(families.length === 0 ? {} : { patternProperties: Object.fromEntries(families) }),
    ...(required.length === 0 ? {} : { required }),
  };
}

const placeholders = (path: string): readonly string[] =>
  [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? '');

function parameterObject(name: string, rule: Row, place: 'path' | 'query'): Row {
  const family = familyOf(name);
  return {
    name,
    in: place,
    required: place === 'path' || (family === null && !isOptional(rule)),
    schema: jsonSchema(rule),
    ...(family === null ? {} : { 'x-proxmox-numbered': keyPattern(family) }),
  };
}

/** GET and DELETE take a query, POST and PUT a body. */
function inputOf({ method, path, properties, isOpen }: SourceOperation): Row {
  const inPath = placeholders(path);
  // Some paths have placeholders that no parameter describes: text, then.
  const ofPath = inPath.map((name) => parameterObject(name, properties[name] ?? { type: 'string' }, 'path'));
  const others = Object.entries(properties).filter(([name]) => !inPath.includes(name));
  if (method === 'GET' || method === 'DELETE') {
    const query = others.map(([name, rule]) => parameterObject(name, rule, 'query'));
    return { parameters: [...ofPath, ...query], ...(isOpen ? { 'x-proxmox-open': true } : {}) };
  }
  const schema = { type: 'object', ...objectParts(Object.fromEntries(others), 0), additionalProperties: isOpen };
  return { parameters: ofPath, requestBody: { content: { 'application/json': { schema } } } };
}

export function operationId(method: string, path: string): string {
  return `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`;
}

function operationObject(operation: SourceOperation): Row {
  const { method, path, name, description, returns, facts } = operation;
  const answer = {
    description: 'The data of the answer.',
    ...(returns === null ? {} : { content: { 'application/json': { schema: jsonSchema(returns) } } }),
  };
  return {
    operationId: operationId(method, path),
    ...(name === '' ? {} : { summary: name }),
    ...(description === '' ? {} : { description }),
    ...inputOf(operation),
    responses: { '200': answer },
    'x-proxmox': facts,
  };
}

/** Paths are sorted, so that two documents of one release differ in `generated_at` only. */
export function openApiDocument(operations: readonly SourceOperation[], info: DocumentInfo): SchemaDocument {
  const paths = new Map<string, Record<string, Row>>();
  for (const operation of operations) {
    const item = paths.get(operation.path) ?? {};
    item[operation.method.toLowerCase()] = operationObject(operation);
    paths.set(operation.path, item);
  }
  const sorted = [...paths].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    openapi: '3.1.0',
    info: {
      title: info.title,
      version: info.version,
      'x-proxmox': {
        source: info.source,
        generated_at: info.generatedAt,
        path_count: paths.size,
        operation_count: operations.length,
      },
    },
    servers: [{ url: '/api2/json' }],
    paths: Object.fromEntries(sorted),
  };
}
