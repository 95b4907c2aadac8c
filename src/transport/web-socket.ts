/** Opens a WebSocket on a remote origin by the same rules as a request: its TLS rules, one attempt, no redirects, never throws. */
import { WebSocket } from 'ws';
import { abortedFailure, timeoutFailure, toFailure } from './failures.js';
import { trust } from './trust.js';
import type { TransportFailure, TransportOptions } from './types.js';

export interface WebSocketRequest {
  /** Path with query, beginning with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: string;
  /** Until the handshake has been answered. Milliseconds. */
  readonly timeoutMs: number;
  /** A larger message ends the connection with 1009. */
  readonly maxMessageBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export type WebSocketResult =
  { readonly ok: true; readonly socket: WebSocket } | { readonly ok: false; readonly failure: TransportFailure };

/** The socket is paused, so that nothing is lost before somebody listens: call `resume`. */
export function openWebSocket(
  { origin, verifyTls, ca }: Pick<TransportOptions, 'origin' | 'verifyTls' | 'ca'>,
  { path, headers, protocol, timeoutMs, maxMessageBytes, signal }: WebSocketRequest,
): Promise<WebSocketResult> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve({ ok: false, failure: abortedFailure(signal.reason, origin, 'connecting') });
      return;
    }
    const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}${path}`, protocol, {
      headers,
      handshakeTimeout: timeoutMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
      rejectUnauthorized: verifyTls,
      ...trust(ca),
    });
    const end = (result: WebSocketResult): void => {
      signal?.removeEventListener('abort', onAbort);
      // What comes later ends the connection, and nothing else.
      socket.on('error', () => undefined);
      if (!result.ok) socket.terminate();
      resolve(result);
    };
    const fail = (failure: TransportFailure): void => end({ ok: false, failure });
    const onAbort = (): void => fail(abortedFailure(signal?.reason, origin, 'connecting'));
    signal?.addEventListener('abort', onAbort);
    socket.once('unexpected-response', (_request, { statusCode = 0, statusMessage = '' }) => {
      const message = `${origin}: refused the WebSocket with ${statusCode} ${statusMessage}`.trimEnd();
      fail({ kind: 'protocol', maybeSent: true, message });
    });
    socket.once('error', (error) => {
      const isLate = error.message === 'Opening handshake has timed out';
      fail(isLate ? timeoutFailure(timeoutMs, origin, 'connecting') : toFailure(error, origin, 'connecting'));
    });
    socket.once('open', () => {
      socket.pause();
      end({ ok: true, socket });
    });
  });
}
