/** Creating and changing one object. */
import type { Clock } from '../config/clock.js';
import { isDuplicate } from './duplicate.js';
import { protocolError } from './error-mapping.js';
import { findAgain, type Finder } from './find-again.js';
import { objectPath } from './paths.js';
import { isRecord } from './records-in.js';
import type { ClientScope, JsonObject, NetBoxRecord } from './types.js';
import { unresolved } from './unresolved.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface SingleWriteDeps extends WriteDeps {
  readonly endpointId: number;
  readonly clock: Clock;
}

function recordOf(body: unknown, operation: string, path: string, endpointId: number): NetBoxRecord {
  if (isRecord(body)) return body;
  throw protocolError(
    { operation, path, endpointId },
    `NetBox answered '${operation}' without the object`,
    'the answer is not an object with an id',
  );
}

export interface CreateCall {
  readonly path: string;
  readonly body: JsonObject;
  readonly scope: ClientScope;
  readonly finder: Finder | undefined;
}

/** The created object, or the one that an earlier attempt or another writer created first. Throws `netbox_*`. */
export async function createOne(
  { path, body, scope, finder }: CreateCall,
  deps: SingleWriteDeps,
): Promise<NetBoxRecord> {
  const operation = `create ${path}`;
  let landed: NetBoxRecord | undefined;
  const lookFirst = async (): Promise<'repeat' | 'stop'> => {
    landed = (await finder?.([body]))?.[0];
    return landed === undefined ? 'repeat' : 'stop';
  };
  const request = { method: 'POST', path, body: JSON.stringify(body), operation, scope, kind: 'create' } as const;
  const result = await sendWrite({ ...request, lookFirst: finder === undefined ? undefined : lookFirst }, deps);
  if (result.ok) return recordOf(result.body, operation, path, deps.endpointId);
  if (landed !== undefined) return landed;
  if (finder === undefined || !isDuplicate(result.error)) throw result.error;
  const [found] = await findAgain([body], finder, deps.clock, scope.signal);
  if (found === undefined) throw unresolved(path, result.error);
  return found;
}

export interface PatchCall {
  readonly path: string;
  readonly id: number;
  readonly body: JsonObject;
  readonly scope: ClientScope;
}

export async function patchOne({ path, id, body, scope }: PatchCall, deps: SingleWriteDeps): Promise<NetBoxRecord> {
  const operation = `patch ${path}`;
  const request = {
    method: 'PATCH',
    path: objectPath(path, id),
    body: JSON.stringify(body),
    operation,
    scope,
    kind: 'idempotent',
  } as const;
  const result = await sendWrite(request, deps);
  if (!result.ok) throw result.error;
  return recordOf(result.body, operation, path, deps.endpointId);
}
