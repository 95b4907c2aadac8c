import { etagOf } from './answers.js';
import type { KindCall } from './context.js';
import type { SimulatedAnswer, SimulatedRequest } from '../../http/types.js';
import { jsonAnswer } from '../../http/types.js';
import { ApiFailure } from '../failures.js';
import { createRenderer, fieldsAskedFor } from '../output/render.js';
import { atLeast } from '../release.js';
import type { Row } from '../types.js';
import { isRecord } from '../values.js';
import { remove } from '../writes/remove.js';
import { checkCreate, checkUpdate, store, type CheckedChange } from '../writes/save.js';

/** The body as JSON; an empty one is an empty object. Throws NetBox's 400 on anything else. */
export const readJson = (request: SimulatedRequest): unknown => {
  if (request.body === '') return {};
  try {
    return JSON.parse(request.body);
  } catch (error) {
    throw new ApiFailure(400, { detail: `JSON parse error - ${error instanceof Error ? error.message : ''}` });
  }
};

const answerObject = (call: KindCall, status: number, row: Row): SimulatedAnswer => {
  const { kind, world, request } = call;
  const body = createRenderer(world).object(kind, row, fieldsAskedFor(kind, request.query, world.release));
  const headers: Record<string, string> = {};
  if (atLeast(world.release, '4.6')) headers['etag'] = etagOf(row);
  if (status === 201) headers['location'] = `${world.origin}/api/${kind.path}/${row.id}/`;
  return jsonAnswer(status, body, headers);
};

/** The serializer reads these from the body itself, past its fields. */
const tagChanges = ['add_tags', 'remove_tags'];

/** `fields` and `omit` prune the input serializer too: what is not named is dropped from the body. */
export const prune = ({ kind, world, request: { query } }: KindCall, data: unknown): unknown => {
  if (!isRecord(data) || !(query.get('fields') || query.get('omit'))) return data;
  const kept = new Set([...fieldsAskedFor(kind, query, world.release), ...tagChanges]);
  return Object.fromEntries(Object.entries(data).filter(([name]) => kept.has(name)));
};

/** The row that a request is about; what the conditions of its permission leave out is as if it were not there. */
export const reachableRow = ({ world, kind, token, request: { method } }: KindCall, id: number): Row | undefined => {
  const row = world.store.get(kind.model, id);
  const conditions: Readonly<Record<string, typeof token.mayChangeOnly>> = {
    PATCH: token.mayChangeOnly,
    PUT: token.mayChangeOnly,
    DELETE: token.mayDeleteOnly,
  };
  return row === undefined || conditions[method]?.get(kind.path)?.(row) === false ? undefined : row;
};

const rowById = (call: KindCall, id: number): Row => {
  const row = reachableRow(call, id);
  if (row === undefined) throw new ApiFailure(404, { detail: `No ${call.kind.objectName} matches the given query.` });
  return row;
};

const checkIfMatch = (call: KindCall, row: Row): void => {
  const header = call.request.headers['if-match'];
  if (header === undefined || header === '*' || !atLeast(call.world.release, '4.6')) return;
  const etag = etagOf(row);
  if (!header.split(',').some((tag) => tag.trim() === etag))
    throw new ApiFailure(412, { detail: 'Precondition failed.' }, { etag });
};

export const answerRead = (call: KindCall, id: number): SimulatedAnswer => {
  const row = rowById(call, id);
  if (call.token.mayViewOnly.get(call.kind.path)?.(row) !== false) return answerObject(call, 200, row);
  throw new ApiFailure(404, { detail: `No ${call.kind.objectName} matches the given query.` });
};

/** Checks a POSTed object; fields pruned from the input are not demanded. */
export const checkNew = (call: KindCall, data: unknown): CheckedChange => {
  const { query } = call.request;
  const isWhole = !(query.get('fields') || query.get('omit'));
  return checkCreate(call.world, call.kind, prune(call, data), isWhole);
};

export const answerCreate = (call: KindCall, data: unknown): SimulatedAnswer => {
  const { world } = call;
  const id = world.store.transaction(() => store(checkNew(call, data)));
  return answerObject(call, 201, rowById(call, id));
};

export const answerUpdate = (call: KindCall, id: number, data: unknown): SimulatedAnswer => {
  const { world, kind, request } = call;
  const row = rowById(call, id);
  checkIfMatch(call, row);
  const partial = request.method === 'PATCH';
  world.store.transaction(() => store(checkUpdate(world, { kind, row, partial }, prune(call, data))));
  return answerObject(call, 200, rowById(call, id));
};

export const answerDelete = (call: KindCall, id: number, data: unknown): SimulatedAnswer => {
  const row = rowById(call, id);
  checkIfMatch(call, row);
  const message = isRecord(data) && typeof data['changelog_message'] === 'string' ? data['changelog_message'] : '';
  call.world.store.transaction(() => remove(call.world, call.kind, row, message));
  return { status: 204 };
};
