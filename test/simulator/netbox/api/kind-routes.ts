import { bulkCreate, bulkDelete, bulkUpdate } from './bulk.js';
import type { ApiCall, KindCall } from './context.js';
import { answerList } from './lists.js';
import { answerCreate, answerDelete, answerRead, answerUpdate, readJson } from './objects.js';
import { olderBulkCreate, olderBulkDelete, olderBulkUpdate } from './older-bulk.js';
import { jsonAnswer, type SimulatedAnswer } from '../../http/types.js';
import { ApiFailure } from '../failures.js';
import { atLeast } from '../release.js';
import type { KindSpec } from '../types.js';
import { isRecord, pythonType } from '../values.js';

/** A list (`id` undefined) or one object of a kind. */
export interface KindRoute {
  readonly kind: KindSpec;
  readonly id: number | undefined;
}

export const kindRoute = (kinds: ReadonlyMap<string, KindSpec>, path: string): KindRoute | undefined => {
  const detail = /^(.+)\/(\d+)\/$/.exec(path);
  const kind = kinds.get(detail?.[1] ?? path.slice(0, -1));
  return kind === undefined ? undefined : { kind, id: detail === null ? undefined : Number(detail[2]) };
};

const reading = ['GET', 'HEAD', 'OPTIONS'];
const writing = ['POST', 'PUT', 'PATCH', 'DELETE'];

const methodsOf = ({ kind, id }: KindRoute): readonly string[] => {
  if (/^(core|users)\//.test(kind.path)) return reading;
  if (kind.path === 'plugins/proxbox/settings') return id === undefined ? reading : [...reading, 'PATCH'];
  return [...reading, ...writing.filter((method) => method !== 'POST' || id === undefined)];
};

const demandList = (call: KindCall, data: unknown): readonly unknown[] => {
  if (Array.isArray(data)) return data;
  if (!atLeast(call.world.release, '4.7'))
    throw new ApiFailure(400, {
      non_field_errors: [`Expected a list of items but got type "${pythonType(data)}".`],
    });
  const isEmpty = call.request.body === '' || call.request.body === '{}';
  throw new ApiFailure(400, {
    detail: isEmpty
      ? 'Expected a list of objects, but no data was submitted.'
      : `Expected a list of objects, but got ${pythonType(data)}.`,
  });
};

const writeList = (call: KindCall, data: unknown): SimulatedAnswer => {
  const isNew = atLeast(call.world.release, '4.7');
  if (call.request.method === 'POST') {
    if (!Array.isArray(data)) return answerCreate(call, data);
    return isNew ? bulkCreate(call, data) : olderBulkCreate(call, data);
  }
  const items = demandList(call, data);
  if (call.request.method === 'DELETE') return isNew ? bulkDelete(call, items) : olderBulkDelete(call, items);
  return isNew ? bulkUpdate(call, items) : olderBulkUpdate(call, items);
};

const writeObject = (call: KindCall, id: number, data: unknown): SimulatedAnswer =>
  call.request.method === 'DELETE' ? answerDelete(call, id, data) : answerUpdate(call, id, data);

const checkMediaType = (call: ApiCall): void => {
  const type = call.request.headers['content-type'] ?? '';
  if (call.request.body === '' || type.startsWith('application/json')) return;
  throw new ApiFailure(415, { detail: `Unsupported media type "${type}" in request.` });
};

const mayAdd = ({ token }: ApiCall, { kind }: KindRoute): boolean => token.write && !token.cannotAdd.has(kind.path);

const mayChange = ({ token }: ApiCall, { kind }: KindRoute): boolean =>
  token.write && !token.cannotChange.has(kind.path);

/** What the framework tells of an address: the fields of an object only to whoever may add or change one. Deletions are told to nobody. */
const answerOptions = (call: ApiCall, route: KindRoute): SimulatedAnswer => {
  const { kind } = route;
  const allowed = methodsOf(route);
  const isOffered = {
    POST: mayAdd(call, route) && !call.isAddingRefused && allowed.includes('POST'),
    PUT: mayChange(call, route) && allowed.includes('PUT'),
  };
  const fields = Object.fromEntries(Object.keys(kind.fields).map((field) => [field, { label: field }]));
  const offers = Object.entries(isOffered).flatMap(([method, is]) => (is ? [[method, fields] as const] : []));
  return jsonAnswer(200, {
    name: `${kind.objectName} List`,
    description: '',
    renders: ['application/json', 'text/html'],
    parses: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
    ...(offers.length > 0 ? { actions: Object.fromEntries(offers) } : {}),
  });
};

/** NetBox saves all objects of a request in a transaction, looks whether the permission covers each, and undoes it if not. */
const meetsConstraints = ({ token }: ApiCall, { kind }: KindRoute, data: unknown): boolean => {
  const isCovered = token.mayAddOnly.get(kind.path);
  if (isCovered === undefined) return true;
  return (Array.isArray(data) ? data : [data]).every((object: unknown) => isRecord(object) && isCovered(object));
};

const forbidden = (): ApiFailure =>
  new ApiFailure(403, { detail: 'You do not have permission to perform this action.' });

/** By the kind alone, before NetBox looks at any object. */
const isPermitted = (call: ApiCall, route: KindRoute): boolean => {
  const { method } = call.request;
  if (method === 'OPTIONS') return true;
  if (reading.includes(method)) return !call.token.cannotView.has(route.kind.path);
  if (!writing.includes(method)) return true;
  if (method === 'POST') return mayAdd(call, route);
  if (method === 'DELETE') return call.token.write && !call.token.cannotDelete.has(route.kind.path);
  return mayChange(call, route);
};

/** Everything that can be done with a kind. */
export const answerKind = (call: ApiCall, route: KindRoute): SimulatedAnswer => {
  const { method } = call.request;
  if (!isPermitted(call, route)) throw forbidden();
  const allowed = methodsOf(route);
  if (!allowed.includes(method))
    throw new ApiFailure(405, { detail: `Method "${method}" not allowed.` }, { allow: allowed.join(', ') });
  if (method === 'OPTIONS') return answerOptions(call, route);
  const kindCall: KindCall = { ...call, kind: route.kind };
  if (reading.includes(method)) return route.id === undefined ? answerList(kindCall) : answerRead(kindCall, route.id);
  checkMediaType(call);
  const data = readJson(call.request);
  if (method === 'POST' && !meetsConstraints(call, route, data)) throw forbidden();
  return route.id === undefined ? writeList(kindCall, data) : writeObject(kindCall, route.id, data);
};
