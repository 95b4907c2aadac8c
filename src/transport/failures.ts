/**
 * Names why no answer arrived, from the error codes of Node and undici alone. The texts carry the words that callers
 * of this service look for ("connection refused", "timed out", "connection reset", ...); nothing here reads texts.
 */
import type { TlsFault, TransportFailure, TransportFailureKind } from './types.js';

/** How far an attempt had come; `sending` begins when the request is handed to a connected socket. */
export type Phase = 'connecting' | 'sending' | 'reading';

interface Known {
  readonly kind: TransportFailureKind;
  readonly tlsFault?: TlsFault;
  readonly text: string;
}

const connecting = (text: string): Known => ({ kind: 'connect', text });
const timeout = (text: string): Known => ({ kind: 'timeout', text });
const tls = (tlsFault: TlsFault, text: string): Known => ({
  kind: 'tls',
  tlsFault,
  text: `TLS certificate not accepted: ${text}`,
});
const unknownAuthority = tls('untrusted', 'signed by an unknown certificate authority');
const notTls = {
  kind: 'tls',
  tlsFault: 'handshake',
  text: 'TLS handshake failed: the port does not speak TLS, or not this version of it',
} as const;
const plainHttp = {
  kind: 'tls',
  tlsFault: 'plain_http',
  text: 'TLS handshake failed: the port does not speak TLS but plain HTTP, as it seems',
} as const;
const invalidName = tls('other_name', 'the name of the host does not match the certificate');
const reset = { kind: 'reset', text: 'connection reset' } as const;

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes, https://nodejs.org/api/errors.html#common-system-errors */
const knownCodes: ReadonlyMap<string, Known> = new Map<string, Known>([
  ['ECONNREFUSED', connecting('connection refused')],
  ['EHOSTUNREACH', connecting('cannot connect: no route to host')],
  ['EHOSTDOWN', connecting('cannot connect: host is down')],
  ['ENETUNREACH', connecting('cannot connect: network is unreachable')],
  ['EADDRNOTAVAIL', connecting('cannot connect: no local address available')],
  ['EACCES', connecting('cannot connect: refused by the local system')],
  ['ENOTFOUND', { kind: 'dns', text: 'name or service not known' }],
  ['EAI_AGAIN', { kind: 'dns', text: 'temporary failure in name resolution' }],
  ['UND_ERR_CONNECT_TIMEOUT', timeout('timed out while connecting')],
  ['ETIMEDOUT', timeout('connection timed out')],
  ['UND_ERR_HEADERS_TIMEOUT', timeout('timed out while waiting for the answer')],
  ['UND_ERR_BODY_TIMEOUT', timeout('timed out while reading the answer')],
  ['ECONNRESET', reset],
  ['EPIPE', reset],
  ['UND_ERR_SOCKET', { kind: 'reset', text: 'server disconnected' }],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', { kind: 'too_large', text: 'the answer is larger than the limit' }],
  ['ERR_BUFFER_TOO_LARGE', { kind: 'too_large', text: 'the answer is larger than the limit' }],
  ['Z_DATA_ERROR', { kind: 'protocol', text: 'the compressed answer cannot be read' }],
  ['Z_BUF_ERROR', { kind: 'protocol', text: 'the compressed answer was cut off' }],
  ['ERR_CONTENT_ENCODING', { kind: 'protocol', text: 'the answer has a content-encoding that nobody asked for' }],
  ['UND_ERR_CLOSED', { kind: 'aborted', text: 'the client was closed because the service stops' }],
  ['UND_ERR_DESTROYED', { kind: 'aborted', text: 'the client was closed because the service stops' }],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', tls('untrusted', 'it is self-signed')],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    tls('untrusted', 'its chain ends in a self-signed certificate that is not trusted (unknown certificate authority)'),
  ],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unknownAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT', unknownAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unknownAuthority],
  ['CERT_UNTRUSTED', unknownAuthority],
  ['CERT_HAS_EXPIRED', tls('out_of_date', 'it has expired')],
  ['CERT_NOT_YET_VALID', tls('out_of_date', 'it is not valid yet (check the clocks)')],
  ['CERT_REVOKED', tls('out_of_date', 'it is revoked')],
  ['ERR_TLS_CERT_ALTNAME_INVALID', invalidName],
  ['HOSTNAME_MISMATCH', invalidName],
  ['EPROTO', notTls],
  // What OpenSSL says when the first bytes of an answer are no TLS record.
  ['ERR_SSL_WRONG_VERSION_NUMBER', plainHttp],
  ['ERR_SSL_HTTP_REQUEST', plainHttp],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', plainHttp],
]);

/** The error code of Node, undici or OpenSSL; an error list (one per address of the host) has that of its first. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : '';
}

function lookUp(code: string): Known {
  if (code.startsWith('HPE_')) return { kind: 'protocol', text: 'the answer is not valid HTTP' };
  const known = knownCodes.get(code);
  if (known !== undefined) return known;
  return code.startsWith('ERR_SSL_') ? notTls : { kind: 'protocol', text: 'the exchange failed' };
}

/**
 * @param origin named in the message
 * @param phase how far the attempt had come: only `connecting` proves that nothing was sent
 */
export function toFailure(error: unknown, origin: string, phase: Phase): TransportFailure {
  const code = codeOf(error);
  const known = lookUp(code);
  // The head had arrived, so a close or reset now means that the answer is cut off.
  const cutOff = known.kind === 'reset' && phase === 'reading';
  const kind = cutOff ? 'protocol' : known.kind;
  const text = cutOff ? `${known.text}: the answer was cut off` : known.text;
  const suffix = code === '' ? '' : ` (${code})`;
  const told = known.tlsFault === undefined ? {} : { tlsFault: known.tlsFault };
  return { kind, ...told, maybeSent: phase !== 'connecting', message: `${origin}: ${text}${suffix}`, cause: error };
}

const timeoutTexts = {
  connecting: 'timed out before a connection was made',
  sending: 'timed out while waiting for the answer',
  reading: 'timed out while reading the answer',
} as const satisfies Record<Phase, string>;

export function timeoutFailure(timeoutMs: number, origin: string, phase: Phase): TransportFailure {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return {
    kind: 'timeout',
    maybeSent: phase !== 'connecting',
    message: `${origin}: ${timeoutTexts[phase]} (${seconds} s)`,
  };
}

export function abortedFailure(reason: unknown, origin: string, phase: Phase): TransportFailure {
  return {
    kind: 'aborted',
    maybeSent: phase !== 'connecting',
    message: `${origin}: the request was cancelled`,
    cause: reason,
  };
}
