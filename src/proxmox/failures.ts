/**
 * Proxmox failures as ProxboxErrors. Proxmox says what is wrong in the reason phrase and, for parameters, in `errors`;
 * both reach the operator. Decisions are made on statuses; reason phrases are only quoted, except where Proxmox gives
 * nothing else (see isGuestGone).
 */
import { errorCatalog, type ErrorCode } from '../errors/catalog.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { cancelledError } from '../errors/cancelled.js';
import type { HttpResponse, TlsFault, TransportFailure } from '../transport/types.js';
import { isObject } from '../values/plain-object.js';
import { toText, type Row } from './parse/coerce.js';

/** What was asked, for messages. */
export interface Asked {
  readonly endpointName: string;
  /** `user@realm` or `user@realm!token`. */
  readonly account: string;
  readonly method: string;
  /** Below `/api2/json/`. */
  readonly path: string;
}

const maxQuotedLength = 300;

const failureCodes = {
  connect: 'proxmox_unreachable',
  dns: 'proxmox_unreachable',
  reset: 'proxmox_unreachable',
  timeout: 'proxmox_timeout',
  tls: 'proxmox_tls_error',
  too_large: 'remote_protocol',
  protocol: 'remote_protocol',
  aborted: 'cancelled',
} as const satisfies Record<TransportFailure['kind'], ErrorCode>;

const failureTexts = {
  proxmox_unreachable: 'cannot be reached',
  proxmox_timeout: 'did not answer in time; raise the timeout of the endpoint if it is only slow',
  proxmox_tls_error:
    'has a TLS certificate that was not accepted; install a trusted one, or set verify_ssl of the endpoint to false',
  remote_protocol: 'did not answer as the Proxmox API does; check that host and port are really Proxmox',
} as const;

/** What is wrong, and what helps. */
const tlsTexts = {
  untrusted: [
    'has a TLS certificate of an authority that is not trusted here, as every new Proxmox VE has',
    'Name a copy of its /etc/pve/pve-root-ca.pem in PROXBOX_CA_BUNDLE, or set verify_ssl of the endpoint to false',
  ],
  other_name: [
    'has a TLS certificate for another name',
    'Give the endpoint the name that the certificate is for, as its domain',
  ],
  out_of_date: [
    'has a TLS certificate that is not valid now',
    'Renew the certificate on the node, and check the clocks',
  ],
  plain_http: [
    'answers in plain HTTP where HTTPS was asked',
    'Correct the port of the endpoint: Proxmox VE listens on 8006, with TLS',
  ],
  handshake: ['did not make a TLS connection', 'Check that host and port are really Proxmox VE'],
} as const satisfies Record<TlsFault, readonly [string, string]>;

/** The detail is what is left where a message is worded anew, so it says what helps as well. */
function tlsError(failure: TransportFailure, tlsFault: TlsFault, asked: Asked): ProxboxError {
  const [fault, remedy] = tlsTexts[tlsFault];
  return new ProxboxError('proxmox_tls_error', `Proxmox endpoint '${asked.endpointName}' ${fault}. ${remedy}.`, {
    detail: `${failure.message}. ${remedy}.`,
    cause: failure.cause,
    where: whereOf(asked),
  });
}

/** @param signal of the caller: its reason is what a cancelled request reports */
export function transportError(failure: TransportFailure, asked: Asked, signal?: AbortSignal): ProxboxError {
  const code = failureCodes[failure.kind];
  if (code === 'cancelled') {
    if (signal?.aborted === true) return cancelledError(signal);
    return new ProxboxError('cancelled', `Reading endpoint '${asked.endpointName}' was cancelled.`, {
      detail: `${failure.message}: start the run again.`,
      cause: failure.cause,
    });
  }
  if (failure.tlsFault !== undefined) return tlsError(failure, failure.tlsFault, asked);
  return new ProxboxError(code, `Proxmox endpoint '${asked.endpointName}' ${failureTexts[code]}.`, {
    detail: failure.message,
    cause: failure.cause,
    where: whereOf(asked),
  });
}

/** The error of an answer that is not 2xx. */
export function answerError(response: HttpResponse, asked: Asked): ProxboxError {
  const code = codeOfStatus(response.status);
  const body = parsedJson(response.text);
  return new ProxboxError(code, answerMessage(code, response, asked), {
    detail: answerDetail(response, body),
    ...(isFinal(code, response.status) ? { retryable: false } : {}),
    where: whereOf(asked),
    upstream: { status: response.status, statusText: response.statusText, body },
  });
}

/** A 2xx answer that is no JSON. */
export function notJsonError(response: HttpResponse, asked: Asked): ProxboxError {
  const message = `Proxmox endpoint '${asked.endpointName}' ${failureTexts.remote_protocol}.`;
  return new ProxboxError('remote_protocol', message, {
    detail: `${asked.method} ${asked.path}: HTTP ${response.status} with a body that is not JSON: ${quoted(response.text)}`,
    where: whereOf(asked),
    upstream: { status: response.status, statusText: response.statusText },
  });
}

/** An answer of another shape than the API promises, e.g. an object where a list belongs. */
export function shapeError(endpointName: string, askedPath: string, expected: string): ProxboxError {
  return new ProxboxError(
    'remote_protocol',
    `Proxmox endpoint '${endpointName}' answered ${askedPath} without ${expected}.`,
    {
      detail: `The answer to ${askedPath} came without ${expected}. Check that host and port are really the Proxmox API.`,
      where: { endpoint: endpointName, path: askedPath },
    },
  );
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401) return 'proxmox_unauthorized';
  if (status === 403) return 'proxmox_forbidden';
  if (status >= 595 && status <= 599) return 'proxmox_node_unreachable';
  if (status === 504) return 'proxmox_timeout';
  if (status === 502 || status === 503) return 'proxmox_unreachable';
  return status < 400 ? 'remote_protocol' : 'proxmox_error';
}

/** Asking again changes nothing: refused parameters, missing objects, features another release has. */
function isFinal(code: ErrorCode, status: number): boolean {
  return code === 'proxmox_error' && (status < 500 || status === 501);
}

function answerMessage(code: ErrorCode, response: HttpResponse, asked: Asked): string {
  const call = `${asked.method} ${asked.path}`;
  const answer = answerLine(response);
  const at = `at endpoint '${asked.endpointName}'`;
  if (code === 'proxmox_unauthorized') {
    return `Proxmox refused the login of ${asked.account} ${at}: ${answer}. Check user@realm, password or token.`;
  }
  if (code === 'proxmox_forbidden') {
    return `Proxmox refused ${call} ${at}: ${missingPrivilegeText(response.statusText, asked.account) ?? answer}.`;
  }
  if (code === 'proxmox_node_unreachable') {
    return `The Proxmox node behind ${call} ${at} cannot be reached: ${answer}. Check the node and the cluster network.`;
  }
  return `Proxmox answered ${call} ${at} with ${answer}.`;
}

/** `HTTP 403 Permission check failed (/vms/100, VM.Audit)`. */
function answerLine(response: HttpResponse): string {
  return `HTTP ${response.status} ${quoted(response.statusText)}`.trim();
}

/** Status line, message or body, and `errors` of the parameters, joined as operators know it. */
function answerDetail(response: HttpResponse, body: unknown): string {
  const message = isObject(body) ? quoted(textOf(body.message)) : quoted(response.text);
  const errors = isObject(body) && isObject(body.errors) ? JSON.stringify(body.errors).slice(0, 1000) : '';
  const repeated = message !== '' && response.statusText.includes(message);
  return [answerLine(response), repeated ? '' : message, errors].filter((part) => part !== '').join(' — ');
}

/** Failures of the other side and of the way to it; what is wrong with the request itself keeps its own code. */
export function isOfProxmox({ code }: ProxboxError): boolean {
  return errorCatalog[code].isRemote || code === 'remote_protocol';
}

/** After a lost connection, also one behind the answering node (502 and above), nobody knows whether Proxmox acted. */
export function mayHaveActed({ upstream }: ProxboxError): boolean {
  return upstream === undefined || upstream.status >= 502;
}

/** What Proxmox says of each parameter: `action: security group 'x' does not exist; proto: ...`; empty without any. */
export function parameterTexts({ upstream }: ProxboxError): string {
  const errors = isObject(upstream?.body) ? upstream.body.errors : undefined;
  if (!isObject(errors)) return '';
  return Object.entries(errors)
    .map(([name, text]) => `${name}: ${(toText(text) ?? '').trim()}`)
    .join('; ');
}

export interface MissingPrivilege {
  readonly privilege: string;
  /** ACL path, e.g. `/vms/100`. */
  readonly aclPath: string;
}

/** The privilege that a 403 names: `Permission check failed (/vms/100, VM.Audit)`. */
export function missingPrivilege(error: ProxboxError): MissingPrivilege | null {
  return error.upstream?.status === 403 ? privilegeOf(error.upstream.statusText ?? '') : null;
}

/** What the account lacks, after a 403. @param needed told where Proxmox names none */
export function lackingText(error: ProxboxError, needed: string): string {
  const named = missingPrivilege(error);
  return `The account lacks ${named === null ? needed : `${named.privilege} on ${named.aclPath}`}.`;
}

function privilegeOf(reason: string): MissingPrivilege | null {
  const match = /\((\/[^,()]*),\s*([A-Za-z][^()]*)\)/.exec(reason.slice(0, 500));
  return match === null ? null : { aclPath: match[1] ?? '/', privilege: (match[2] ?? '').trim() };
}

function missingPrivilegeText(reason: string, account: string): string | null {
  const missing = privilegeOf(reason);
  if (missing === null) return null;
  return `${account} lacks the privilege ${missing.privilege} on ${missing.aclPath} (${quoted(reason)})`;
}

/**
 * Whether an error says that the guest is not on that node (any more): 404, or the 500 with which Proxmox reports a
 * missing configuration file. Its text is the only sign it gives.
 */
export function isGuestGone(error: unknown): boolean {
  if (!(error instanceof ProxboxError)) return false;
  const { status = 0, statusText = '' } = error.upstream ?? {};
  return (
    status === 404 || (status === 500 && /Configuration file .{0,200} does not exist/.test(statusText.slice(0, 500)))
  );
}

/** What a failure says to people, without the sentence around it: the `detail`, else the message. */
export function reasonText(error: ProxboxError): string {
  if (typeof error.detail === 'string' && error.detail !== '') return error.detail;
  return error.message === '' ? 'Unknown error.' : error.message;
}

/** The same failure under another message. */
export function reworded(error: ProxboxError, message: string, detail: string): ProxboxError {
  return new ProxboxError(error.code, message, {
    detail,
    cause: error,
    status: error.status,
    retryable: error.retryable,
    where: error.where,
    ...(error.upstream === undefined ? {} : { upstream: error.upstream }),
  });
}

export function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // Not JSON: the callers decide what that means.
    return undefined;
  }
}

function whereOf(asked: Asked): Readonly<Record<string, string>> {
  return { endpoint: asked.endpointName, method: asked.method, path: asked.path };
}

function textOf(value: Row[string]): string {
  return typeof value === 'string' ? value : '';
}

function quoted(text: string): string {
  const clean = text
    .slice(0, maxQuotedLength * 4)
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  return clean.length > maxQuotedLength ? `${clean.slice(0, maxQuotedLength)}...` : clean;
}
