/**
 * One request on an undici pool, from queue to last byte. Uses the dispatch interface because that alone tells when a
 * request is handed to a socket, which decides whether a failed POST may be repeated.
 */
import type { Dispatcher, Pool } from 'undici';
import { decodeBody, isEncoded } from './decode-body.js';
import { abortedFailure, timeoutFailure, toFailure, type Phase } from './failures.js';
import type { HttpRequest, HttpResponse, HttpResult, TransportFailure } from './types.js';

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

function firstValues(headers: ResponseHeaders): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) result[name.toLowerCase()] = first;
  }
  return result;
}

function dispatchOptions(request: HttpRequest): Dispatcher.DispatchOptions {
  return {
    method: request.method,
    path: request.path,
    headers: { ...request.headers },
    body: request.body ?? null,
    // The total timer of the exchange covers every phase.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

export interface Remote {
  readonly pool: Pool;
  readonly origin: string;
  /** Of an answer, before and after it is decompressed. */
  readonly maxResponseBytes: number;
}

/** Resolves with what happened; never rejects. */
export function exchange({ pool, origin, maxResponseBytes }: Remote, request: HttpRequest): Promise<HttpResult> {
  return new Promise((resolve) => {
    const { signal, timeoutMs } = request;
    const chunks: Buffer[] = [];
    let phase: Phase = 'connecting';
    let head: Omit<HttpResponse, 'text'> = { status: 0, statusText: '', headers: {} };
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;

    const settle = (result: HttpResult): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const giveUp = (failure: TransportFailure): void => {
      settle({ ok: false, failure });
      controller?.abort(new Error(failure.message));
    };
    const onAbort = (): void => giveUp(abortedFailure(signal?.reason, origin, phase));
    const timer = setTimeout(() => giveUp(timeoutFailure(timeoutMs, origin, phase)), timeoutMs);
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });

    pool.dispatch(dispatchOptions(request), {
      onRequestStart(started) {
        if (settled) return started.abort(new Error('given up before it was sent'));
        controller = started;
        phase = 'sending';
      },
      onResponseStart(_controller, status, headers, statusText) {
        phase = 'reading';
        head = { status, statusText: statusText ?? '', headers: firstValues(headers) };
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        const body = Buffer.concat(chunks);
        const answer = (decoded: Buffer): void =>
          settle({ ok: true, response: { ...head, text: decoded.toString('utf8') } });
        const encoding = head.headers['content-encoding'];
        if (!isEncoded(encoding)) return answer(body);
        decodeBody(body, encoding, maxResponseBytes).then(answer, (error: unknown) =>
          settle({ ok: false, failure: toFailure(error, origin, phase) }),
        );
      },
      onResponseError(_controller, error) {
        settle({ ok: false, failure: toFailure(error, origin, phase) });
      },
    });
  });
}
