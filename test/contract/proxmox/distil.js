// @ts-check
/** Makes a distillate of recorded calls: who asked what, how it was refused, what the rows looked like. No values but names. */
import { idsOf, isObject, isWanted, kindOf, merged, shapeOf } from './shapes.js';

/** @typedef {import('./shapes.js').Exchange} Exchange */
/** @typedef {import('./shapes.js').Shape} Shape */

/**
 * @typedef {object} Call
 * @property {string} as
 * @property {string} method
 * @property {string} path
 * @property {Readonly<Record<string, unknown>>} [query]
 * @property {Readonly<Record<string, unknown>>} [form]
 * @property {string} [note]
 * @property {number} status
 * @property {string} [reason] where it is not `OK`
 * @property {string | null} [contentType] where it is not JSON
 * @property {unknown} [message] where it is not the reason in a line of its own
 * @property {unknown} [errors] by parameter
 * @property {readonly string[]} [ids] of the rows, where their list is whole
 */

/**
 * @typedef {object} Answers
 * @property {readonly string[]} as accounts that saw the same
 * @property {Readonly<Record<string, readonly [rows: number, fields: Readonly<Record<string, string>>]>>} shape
 */

/** @typedef {{ readonly calls: readonly Call[], readonly kinds: Readonly<Record<string, readonly Answers[]>> }} Distillate */

export const jsonType = 'application/json;charset=UTF-8';

/** @param {Exchange} exchange @returns {Call} */
const callOf = ({ as, method, path, query, form, note, status, reason, content_type, body, trimmed_from }) => {
  const { errors, message = `${reason}\n` } = isObject(body) ? body : {};
  const ids = status === 200 && trimmed_from === undefined ? idsOf(kindOf(path) ?? '', dataOf(body)) : undefined;
  return {
    as,
    method,
    path,
    ...(query === undefined ? {} : { query }),
    ...(form === undefined ? {} : { form }),
    ...(note === undefined ? {} : { note }),
    status,
    ...(reason === 'OK' ? {} : { reason }),
    ...(content_type === jsonType ? {} : { contentType: content_type }),
    ...(message === `${reason}\n` ? {} : { message }),
    ...(errors === undefined ? {} : { errors }),
    ...(ids === undefined ? {} : { ids }),
  };
};

/** @param {unknown} body */
export const dataOf = (body) => (isObject(body) ? body['data'] : undefined);

/** `number` when it is always there, `number 3, null 1` otherwise. @param {number} rows @param {import('./shapes.js').Types} types */
const typesText = (rows, types) => {
  const [only, ...others] = Object.entries(types);
  if (only !== undefined && others.length === 0 && only[1] === rows) return only[0];
  return Object.entries(types)
    .map(([type, count]) => `${type} ${count}`)
    .join(', ');
};

/** @param {Shape} shape @returns {Answers['shape']} */
export const compact = (shape) =>
  Object.fromEntries(
    Object.entries(shape).map(([variant, { rows, fields }]) => [
      variant,
      [rows, Object.fromEntries(Object.entries(fields).map(([field, types]) => [field, typesText(rows, types)]))],
    ]),
  );

/** @param {readonly Exchange[]} exchanges @returns {Distillate} */
export function distil(exchanges) {
  const wanted = exchanges.filter(isWanted);
  /** @type {Map<string, Map<string, Shape[]>>} */
  const byKind = new Map();
  for (const { as, path, status, body, method } of wanted) {
    const kind = kindOf(path);
    if (kind === undefined || status !== 200 || method !== 'GET') continue;
    const accounts = byKind.get(kind) ?? new Map();
    byKind.set(kind, accounts);
    accounts.set(as, [...(accounts.get(as) ?? []), shapeOf(kind, dataOf(body))]);
  }
  const kinds = [...byKind].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    calls: unique(wanted.map(callOf)),
    kinds: Object.fromEntries(kinds.map(([kind, accounts]) => [kind, grouped(accounts)])),
  };
}

/** @param {ReadonlyMap<string, readonly Shape[]>} accounts @returns {readonly Answers[]} */
function grouped(accounts) {
  /** @type {Map<string, { as: string[], shape: Answers['shape'] }>} */
  const groups = new Map();
  for (const [as, shapes] of accounts) {
    const shape = compact(merged(shapes));
    const key = JSON.stringify(shape);
    const group = groups.get(key) ?? { as: [], shape };
    group.as.push(as);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Equal calls with equal answers once. @param {readonly Call[]} calls */
const unique = (calls) => [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];

/** One call and one kind a line. @param {Distillate} distillate */
export function textOf({ calls, kinds }) {
  const lines = (/** @type {readonly string[]} */ items) => items.map((item) => `  ${item}`).join(',\n');
  const kindLines = Object.entries(kinds).map(
    ([kind, answers]) => `${JSON.stringify(kind)}: ${JSON.stringify(answers)}`,
  );
  return `{\n"calls": [\n${lines(calls.map((call) => JSON.stringify(call)))}\n],\n"kinds": {\n${lines(kindLines)}\n}\n}\n`;
}
