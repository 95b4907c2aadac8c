/** Sends one write and keeps the GET cache true. */
import type { RequestKind } from '../transport/retry.js';
import type { Method } from '../transport/types.js';
import type { GetCache } from './get-cache.js';
import { excludeConfigContext } from './paths.js';
import type { NetBoxResult, Pipeline } from './pipeline.js';
import type { ClientScope } from './types.js';

export interface WriteDeps {
  readonly pipeline: Pipeline;
  readonly cache: GetCache;
  /** Names the endpoint in cache addresses. */
  readonly fingerprint: string;
}

export interface WriteCall {
  readonly method: Exclude<Method, 'GET'>;
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
  readonly operation: string;
  readonly scope: ClientScope;
  readonly kind: RequestKind;
  readonly lookFirst?: (() => Promise<'repeat' | 'stop'>) | undefined;
}

export async function sendWrite(call: WriteCall, deps: WriteDeps): Promise<NetBoxResult> {
  const query =
    call.method === 'DELETE'
      ? undefined
      : (): ReturnType<typeof excludeConfigContext> => excludeConfigContext(call.path, {});
  const scope = { endpoint: deps.fingerprint, branch: call.scope.branch ?? '' };
  const written = (body?: unknown): void =>
    deps.cache.invalidate({ method: call.method, path: call.path, body }, scope);
  let result: NetBoxResult | undefined;
  try {
    result = await deps.pipeline({ ...call, query });
    return result;
  } finally {
    // A refusal may mean that our picture is old, a lost answer that it is now; only an unsent request changes nothing.
    const unsent = result?.ok === false && (result.outcome === 'refused' || result.outcome === 'not_sent');
    if (!unsent) written(result?.ok === true ? result.body : undefined);
  }
}
