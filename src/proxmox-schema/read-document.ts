/** Reads the operations back from an OpenAPI document: one that was generated here, perhaps edited by hand since. Pure. */
import { rowsOf, type Row } from '../proxmox/parse/coerce.js';
import { isObject } from '../values/plain-object.js';
import { operationId } from './openapi.js';
import { compiledPattern } from './perl-pattern.js';
import { methods, type Operation, type Parameter, type ValueRule } from './types.js';

const maxDepth = 8;

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function choicesOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** Keywords that are missing or of another kind than they should be are not checked. */
function ruleOf(schema: unknown, depth = 0): ValueRule {
  if (!isObject(schema) || depth > maxDepth) return {};
  const { type, pattern, items } = schema;
  return {
    type: typeof type === 'string' ? type : undefined,
    enum: choicesOf(schema['enum']),
    minimum: numberOf(schema['minimum']),
    maximum: numberOf(schema['maximum']),
    minLength: numberOf(schema['minLength']),
    maxLength: numberOf(schema['maxLength']),
    pattern: typeof pattern === 'string' ? (compiledPattern(pattern) ?? undefined) : undefined,
    items: isObject(items) ? ruleOf(items, depth + 1) : undefined,
  };
}

interface Inputs {
  readonly pathParameters: Map<string, ValueRule>;
  readonly parameters: Map<string, Parameter>;
  readonly numbered: { key: RegExp; rule: ValueRule }[];
}

function addFamily(inputs: Inputs, pattern: string, schema: unknown): void {
  const key = compiledPattern(pattern);
  if (key !== null) inputs.numbered.push({ key, rule: ruleOf(schema) });
}

function readParameters(operation: Row, inputs: Inputs): void {
  for (const parameter of rowsOf(operation['parameters'])) {
    const { name, schema } = parameter;
    const family = parameter['x-proxmox-numbered'];
    if (typeof name !== 'string') continue;
    if (parameter['in'] === 'path') inputs.pathParameters.set(name, ruleOf(schema));
    else if (typeof family === 'string') addFamily(inputs, family, schema);
    else inputs.parameters.set(name, { name, isRequired: parameter['required'] === true, rule: ruleOf(schema) });
  }
}

function bodySchema(operation: Row): Row | null {
  const steps = ['requestBody', 'content', 'application/json', 'schema'];
  const schema = steps.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), operation);
  return isObject(schema) ? schema : null;
}

function readBody(schema: Row, inputs: Inputs): void {
  const { properties, patternProperties } = schema;
  const required = new Set(choicesOf(schema['required']) ?? []);
  for (const [name, rule] of isObject(properties) ? Object.entries(properties) : []) {
    inputs.parameters.set(name, { name, isRequired: required.has(name), rule: ruleOf(rule) });
  }
  for (const [pattern, rule] of isObject(patternProperties) ? Object.entries(patternProperties) : []) {
    addFamily(inputs, pattern, rule);
  }
}

function readOperation(path: string, method: Operation['method'], operation: Row): Operation {
  const inputs: Inputs = { pathParameters: new Map(), parameters: new Map(), numbered: [] };
  readParameters(operation, inputs);
  const body = bodySchema(operation);
  if (body !== null) readBody(body, inputs);
  const id = operation['operationId'];
  return {
    id: typeof id === 'string' ? id : operationId(method, path),
    method,
    path,
    ...inputs,
    isOpen: operation['x-proxmox-open'] === true || body?.['additionalProperties'] === true,
  };
}

export function operationsOf(paths: Row): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = isObject(item) ? item[method.toLowerCase()] : undefined;
      return isObject(operation) ? [readOperation(path, method, operation)] : [];
    }),
  );
}
