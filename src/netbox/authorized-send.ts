/** Sends a request with the session's token, and once more as a v1 token when NetBox knows it only as such. */
import type { BaseLogger } from 'pino';
import type { HttpResult } from '../transport/types.js';
import type { Session } from './session.js';

export interface Authorized {
  readonly session: Session;
  readonly logger: BaseLogger;
  readonly endpointId: number;
}

function refused(result: HttpResult): boolean {
  return result.ok && (result.response.status === 401 || result.response.status === 403);
}

function asksForV1(result: HttpResult): boolean {
  return result.ok && refused(result) && result.response.text.toLowerCase().includes('invalid v2 token');
}

/** @param send one attempt with this value of the `Authorization` header */
export async function sendAuthorized(
  { session, logger, endpointId }: Authorized,
  send: (authorization: string) => Promise<HttpResult>,
): Promise<HttpResult> {
  const first = await send(session.authorization().reveal());
  const fallback = session.fallback();
  if (fallback === undefined || !asksForV1(first)) return first;
  const second = await send(fallback.reveal());
  if (!second.ok || refused(second)) return first;
  session.useFallback();
  logger.warn(
    { endpoint: endpointId },
    'NetBox refused the v2 token but accepts its secret as a v1 token; correct the token version of the endpoint',
  );
  return second;
}
