/** Sends one write and keeps the GET cache true. */
import type { RequestKind } from '../transport/retry.js';
import type { Method, ReadMethod } from '../transport/types.js';
import type { ChangeLog } from './change-log.js';
import type { GetCache } from './get-cache.js';
import { excludeConfigContext, splitPath } from './paths.js';
import type { NetBoxResult, Pipeline } from './pipeline.js';
import { isRecord, recordsIn } from './records-in.js';
import type { ClientScope } from './types.js';

export interface WriteDeps {
  readonly pipeline: Pipeline;
  readonly cache: GetCache;
  /** Names the endpoint in cache addresses. */
  readonly fingerprint: string;
  readonly changeLog: Pick<ChangeLog, 'noteCreated'>;
}

export interface WriteCall {
  readonly method: Exclude<Method, ReadMethod>;
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
  readonly operation: string;
  readonly scope: ClientScope;
  readonly kind: RequestKind;
  readonly lookFirst?: (() => Promise<'repeat' | 'stop'>) | undefined;
  /** The objects that the body of a bulk call names. */
  readonly ids?: readonly number[];
}

/** A refusal may mean that our picture is old, a lost answer that it is now; only an unsent request changes nothing. */
function tellCache({ method, path, scope, ids }: WriteCall, deps: WriteDeps, result: NetBoxResult | undefined): void {
  if (result?.ok === false && (result.outcome === 'refused' || result.outcome === 'not_sent')) return;
  const where = { endpoint: deps.fingerprint, branch: scope.branch ?? '', window: scope.window };
  if (result?.ok !== true) return deps.cache.written({ method, path }, where);
  const { body } = result;
  const { id } = splitPath(path);
  if (method === 'POST' && where.branch === '') deps.changeLog.noteCreated(path, idsIn(body));
  deps.cache.written({ method, path, body }, where, { ids: ids ?? (id === undefined ? [] : [id]), body });
}

function idsIn(body: unknown): readonly number[] {
  return (isRecord(body) ? [body] : (recordsIn(body) ?? [])).map(({ id }) => id);
}

export async function sendWrite(call: WriteCall, deps: WriteDeps): Promise<NetBoxResult> {
  const query =
    call.method === 'DELETE'
      ? undefined
      : (): ReturnType<typeof excludeConfigContext> => excludeConfigContext(call.path, {});
  let result: NetBoxResult | undefined;
  try {
    result = await deps.pipeline({ ...call, query });
    return result;
  } finally {
    tellCache(call, deps, result);
  }
}
