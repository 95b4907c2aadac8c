/** What the clients and the transport agree on: a request, and its answer or why there is none. */

export type ReadMethod = 'GET' | 'OPTIONS';
export type Method = ReadMethod | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Whether a request only asks. */
export const isRead = (method: Method): method is ReadMethod => method === 'GET' || method === 'OPTIONS';

export interface HttpRequest {
  readonly method: Method;
  /** Path with query, beginning with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text or form text, already encoded; the caller sets the content type. */
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Total for one attempt: connect, send, answer, whole body. Milliseconds. */
  readonly timeoutMs: number;
  /** The good answer is a secret itself, for whoever asked: it stays as it is. */
  readonly asksForSecret?: true;
}

export interface HttpResponse {
  readonly status: number;
  /** Reason phrase: Proxmox puts its error texts here. */
  readonly statusText: string;
  /** Lower-case names, first value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Why no answer arrived, and whether the request can have reached the other side. */
export type TransportFailureKind =
  'connect' | 'dns' | 'tls' | 'timeout' | 'reset' | 'too_large' | 'protocol' | 'aborted';

/**
 * Why there is no TLS connection: nobody here trusts who signed the certificate, or it has signed itself; it is for another name; it
 * has expired or is not valid yet; the port speaks plain HTTP; anything else.
 */
export type TlsFault = 'untrusted' | 'other_name' | 'out_of_date' | 'plain_http' | 'handshake';

export interface TransportFailure {
  readonly kind: TransportFailureKind;
  /** Of kind `tls` only. */
  readonly tlsFault?: TlsFault;
  /** False only when the request surely was not sent (refused, DNS, TLS): then even a POST may be repeated. */
  readonly maybeSent: boolean;
  readonly message: string;
  readonly cause?: unknown;
}

/** One attempt. Never follows redirects, never throws: retry and the clients decide on data. */
export type HttpResult =
  { readonly ok: true; readonly response: HttpResponse } | { readonly ok: false; readonly failure: TransportFailure };

export interface Sender {
  readonly origin: string;
  send(request: HttpRequest): Promise<HttpResult>;
}

export interface Transport extends Sender {
  close(): Promise<void>;
}

export interface TransportOptions {
  /** e.g. `https://netbox.example:443`; no path, no user info. */
  readonly origin: string;
  readonly verifyTls: boolean;
  /** PEM text of an additional CA bundle. */
  readonly ca?: string;
  readonly connections: number;
  /** The only ones to connect to; absent: whatever the host resolves to at each new connection. */
  readonly addresses?: readonly string[];
  readonly connectTimeoutMs: number;
  /** Default 64 MiB. */
  readonly maxResponseBytes?: number;
}
