/**
 * Passes a request on to Proxmox after the schema of the cluster's release has allowed it. What Proxmox answers is never
 * checked against the schema: releases add fields.
 */
import type { ConfirmWrites, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { Parameters } from '../proxmox/encoding.js';
import { reasonText, reworded } from '../proxmox/failures.js';
import { toInt } from '../proxmox/parse/coerce.js';
import { withoutSecrets } from '../proxmox/parse/secrets.js';
import type { ConnectedSession } from '../proxmox/session.js';
import type { ReadDeps } from '../proxmox-reads/read-endpoints.js';
import { checkParameters, checkPath } from '../proxmox-schema/check-parameters.js';
import { denialOf } from '../proxmox-schema/denied.js';
import type { Schema, Schemas } from '../proxmox-schema/schemas.js';
import type { Operation, SchemaMethod } from '../proxmox-schema/types.js';
import { isObject } from '../values/plain-object.js';
import type { VerbService } from '../verbs/service.js';
import type { GuestPlace } from '../verbs/types.js';
import { checkPlace, encodedPath, readAddress, type LiveAddress } from './address.js';
import { targetOf, writeTargetOf, type LiveControl } from './target.js';

export interface LiveDeps extends ReadDeps {
  readonly proxmoxSchemas: Schemas;
  readonly verbs: Pick<VerbService, 'record'>;
  readonly confirmWrites: ConfirmWrites;
}

export interface LiveRequest {
  readonly method: SchemaMethod;
  /** Of the URL, still encoded, without the query. */
  readonly rawPath: string;
  readonly control: LiveControl;
  /** Parameters for Proxmox, by its own names. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
  /** Who writes, for the journal. */
  readonly actor: string;
  /** Told which endpoint is meant, before anything is sent there. */
  readonly onEndpoint?: (endpoint: ProxmoxEndpoint) => void;
  /** Told which methods the path has when it does not have this one. */
  readonly onOtherMethods: (methods: readonly string[]) => void;
}

export interface LiveAnswer {
  readonly data: unknown;
  /** The schema that the request was checked against. */
  readonly schemaTag: string;
}

interface Found {
  readonly schema: Schema;
  readonly operation: Operation;
  readonly place: Readonly<Record<string, string>>;
}

function checkDenied({ method }: LiveRequest, { segments }: LiveAddress): void {
  const why = denialOf(method, segments);
  if (why === undefined) return;
  throw new ProxboxError('operation_denied', 'This operation is never passed on.', {
    detail: `${method} /${segments.join('/')} is never passed on to Proxmox: ${why}. Nothing was sent.`,
  });
}

function unknownTag(tag: string, schemas: Schemas): ProxboxError {
  const known = schemas.tags().join(', ');
  return new ProxboxError('not_found', `There is no schema ${tag}.`, {
    detail: `There is no schema "${tag}". ${known === '' ? 'None is generated' : `Generated: ${known}`}; make it with proxbox-schema generate ${tag}, or leave it out of the path.`,
  });
}

/** Those that may answer; before the release of the cluster is known, all of them. */
function schemasFor({ tag }: LiveAddress, release: string | undefined, schemas: Schemas): readonly Schema[] {
  if (tag === undefined) {
    if (release !== undefined) return schemas.forRelease(release);
    return [...schemas.tags(), 'embedded-minimal'].flatMap((known) => schemas.find(known) ?? []);
  }
  const named = schemas.find(tag);
  if (named === undefined) throw unknownTag(tag, schemas);
  return [named];
}

function notFound(
  { method, onOtherMethods }: LiveRequest,
  segments: readonly string[],
  candidates: readonly Schema[],
): ProxboxError {
  const path = `/${segments.join('/')}`;
  const tag = candidates[0]?.tag ?? '';
  const methods = candidates.flatMap(({ catalog }) => [...(catalog.find(segments)?.operations.keys() ?? [])]);
  if (methods.length > 0) {
    const offered = [...new Set(methods)].sort();
    onOtherMethods(offered);
    return new ProxboxError(
      'bad_request',
      `${path} has no ${method} in Proxmox (schema ${tag}). It has ${offered.join(', ')}.`,
      {
        status: 405,
      },
    );
  }
  const nearest = candidates[0]?.catalog.nearest(segments, method) ?? [];
  const hint =
    nearest.length === 0 ? `Nothing near it has ${method}.` : `Nearest with ${method}: ${nearest.join(', ')}.`;
  const generate =
    tag === 'embedded-minimal'
      ? ' Only the paths that this service itself uses are known; proxbox-schema generate adds the rest.'
      : '';
  return new ProxboxError('not_found', 'Not Found', {
    detail: `Proxmox has no path ${path.slice(0, 300)} (schema ${tag}). ${hint}${generate}`,
  });
}

function find(request: LiveRequest, { segments }: LiveAddress, candidates: readonly Schema[]): Found {
  for (const schema of candidates) {
    const match = schema.catalog.find(segments);
    const operation = match?.operations.get(request.method);
    if (match !== undefined && operation !== undefined) return { schema, operation, place: match.place };
  }
  throw notFound(request, segments, candidates);
}

function checkedValues(request: LiveRequest, { segments }: LiveAddress, { operation, place }: Found): Parameters {
  checkPlace(segments, place);
  const isQuery = request.method === 'GET' || request.method === 'DELETE';
  const { values, problems } = checkParameters(operation, request.parameters, isQuery ? 'query' : 'body');
  const all = [...checkPath(operation, place), ...problems];
  if (all.length === 0) return values;
  throw new ProxboxError('invalid_request', 'A parameter of the request is not valid.', { detail: all });
}

function cleaned(data: unknown): unknown {
  if (isObject(data)) return withoutSecrets(data);
  return Array.isArray(data)
    ? Array.from(data, (item: unknown) => (isObject(item) ? withoutSecrets(item) : item))
    : data;
}

interface Call {
  readonly path: string;
  readonly values: Parameters;
  readonly operation: Operation;
}

async function send(
  { method, signal }: LiveRequest,
  session: ConnectedSession,
  { path, values, operation }: Call,
): Promise<unknown> {
  const options = signal === undefined ? {} : { signal };
  try {
    if (method === 'GET') return cleaned(await session.get(path, { query: values, ...options }));
    return cleaned(await session.write(method, path, values, options));
  } catch (error) {
    const failure = toProxboxError(error);
    if (failure.code === 'cancelled' || failure.code === 'internal') throw failure;
    const message = `Generated Proxmox proxy request failed for ${method} ${operation.path}.`;
    throw reworded(failure, message, `Operation ID: ${operation.id}. ${reasonText(failure)}`);
  }
}

/**
 * Order of the checks: the path, what is never passed on, the endpoint and (for writes) its `allow_writes`, the operation;
 * only then Proxmox is connected, and its release decides which schema checks the parameters.
 * @throws ProxboxError that says what was wrong
 */
export async function answerLive(request: LiveRequest, deps: LiveDeps): Promise<LiveAnswer> {
  const { proxmoxSchemas: schemas, proxmoxSessions, proxmoxEndpoints } = deps;
  const address = readAddress(request.rawPath, schemas.tags());
  checkDenied(request, address);
  const endpoint =
    request.method === 'GET' ? await targetOf(request.control, deps) : writeTargetOf(request.control, deps);
  request.onEndpoint?.(endpoint);
  find(request, address, schemasFor(address, undefined, schemas));
  const options = request.signal === undefined ? {} : { signal: request.signal };
  const session = await proxmoxSessions.open(endpoint, proxmoxEndpoints.credentials(endpoint.id), options);
  const found = find(request, address, schemasFor(address, session.version.release, schemas));
  const values = checkedValues(request, address, found);
  const call = { path: encodedPath(address.segments), values, operation: found.operation };
  const act = async () => {
    if (request.method !== 'GET') await deps.confirmWrites(endpoint);
    return send(request, session, call);
  };
  const place = request.method === 'GET' ? undefined : guestOf(address, session);
  const write = { endpoint, actor: request.actor, operation: `${request.method} /${call.path}` };
  const data = place === undefined ? await act() : await deps.verbs.record({ ...write, place }, act);
  return { data, schemaTag: found.schema.tag };
}

/** The guest that a path is about: `nodes/{node}/{qemu|lxc}/{vmid}` and below. */
function guestOf({ segments }: LiveAddress, session: ConnectedSession): GuestPlace | undefined {
  const [root, node = '', type, number = ''] = segments;
  const vmid = toInt(number);
  if (root !== 'nodes' || (type !== 'qemu' && type !== 'lxc') || vmid === null) return undefined;
  return { session, node, type, vmid, path: encodedPath(segments.slice(0, 4)) };
}
