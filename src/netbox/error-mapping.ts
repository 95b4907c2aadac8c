/**
 * Makes the one error that callers see out of what came back from NetBox. The `detail` is a sentence that begins with
 * the error code, so that it can be recognised wherever it is quoted; decisions are made on `code` and `upstream`.
 */
import { errorCatalog, type ErrorCode } from '../errors/catalog.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import {
  isRead,
  type HttpResponse,
  type Method,
  type TlsFault,
  type TransportFailure,
  type TransportFailureKind,
} from '../transport/types.js';
import { asSentence } from '../values/short-text.js';
import { answerText, parseJson } from './answer-text.js';
import { branchRefused, refusesBranch } from './branch.js';
import type { AnswerClass } from './overwhelmed.js';
import { statusPath } from './paths.js';
import { refusesToken } from './run-ending.js';

export interface ErrorContext {
  /** e.g. `list /api/dcim/devices/`. */
  readonly operation: string;
  readonly method: Method;
  readonly path: string;
  readonly attempts: number;
  readonly endpointId: number;
  /** Schema id of the branch that the request named; empty = main. */
  readonly branch: string;
  /** The request may have been carried out although no answer says so. */
  readonly unknownFate: boolean;
}

const maxKeptBody = 4096;
const retryAfterOverwhelmedS = 30;

const failureCodes = {
  connect: 'netbox_unreachable',
  dns: 'netbox_unreachable',
  reset: 'netbox_unreachable',
  timeout: 'netbox_timeout',
  tls: 'netbox_tls_error',
  too_large: 'remote_protocol',
  protocol: 'remote_protocol',
  aborted: 'cancelled',
} as const satisfies Record<TransportFailureKind, ErrorCode>;

/** Of what no certificate helps against, and of what one does. */
const tlsRemedies = {
  untrusted:
    'Name a PEM file with the certificate of the authority that signed it, or with itself where it has signed itself, in PROXBOX_CA_BUNDLE, or set verify_ssl of the endpoint to false for a lab.',
  other_name: 'Give the endpoint the name that the certificate is for, as its domain.',
  out_of_date: 'Renew the certificate of NetBox, and check the clocks.',
  plain_http:
    'Correct the port; or, where NetBox has no TLS, set verify_ssl of the endpoint to false, and it is asked over plain HTTP (not at the ports 443 and 8443).',
  handshake: errorCatalog.netbox_tls_error.remedy,
} as const satisfies Record<TlsFault, string>;

function attemptsText(context: ErrorContext): string {
  const tries = context.attempts === 1 ? '' : ` after ${context.attempts} attempts`;
  return context.unknownFate ? `${tries}; whether it was carried out is unknown` : tries;
}

function where(context: ErrorContext): Record<string, string | number> {
  const { operation, method, path, attempts, endpointId, unknownFate } = context;
  const fate = unknownFate ? { fate: 'unknown' } : {};
  return { operation, method, path, attempts, endpoint: endpointId, ...fate };
}

export function errorOfFailure(failure: TransportFailure, context: ErrorContext): ProxboxError {
  const code = failureCodes[failure.kind];
  const remedy = failure.tlsFault === undefined ? errorCatalog[code].remedy : tlsRemedies[failure.tlsFault];
  return new ProxboxError(code, `NetBox ${context.operation} failed: ${failure.message}`, {
    detail: `${asSentence(`${code}: ${failure.message}${attemptsText(context)}`)} ${remedy}`,
    remedy,
    where: where(context),
    cause: failure.cause,
  });
}

function codeOfAnswer(status: number, answer: AnswerClass): ErrorCode {
  if (answer.overwhelmed) return 'netbox_overwhelmed';
  if (answer.maintenance) return 'netbox_maintenance';
  if (status < 400) return 'netbox_redirect';
  if (status === 401 || status === 403) return 'netbox_forbidden';
  if (status < 500) return 'netbox_rejected';
  return status === 504 ? 'netbox_timeout' : 'netbox_error';
}

function redirectTarget(response: HttpResponse): string {
  const location = response.headers.location ?? '';
  return URL.canParse(location) ? `to ${new URL(location).origin}` : `to '${location.slice(0, 100)}'`;
}

function saidBy(response: HttpResponse, code: ErrorCode): string {
  if (code === 'netbox_redirect') return `HTTP ${response.status} redirects ${redirectTarget(response)}`;
  const reason = response.statusText === '' ? '' : ` ${response.statusText}`;
  const text = answerText(response.text);
  return `HTTP ${response.status}${reason}${text === '' ? '' : `: ${text}`}`;
}

function requestId(response: HttpResponse): { readonly requestId?: string } {
  const id = response.headers['x-request-id'];
  return id === undefined ? {} : { requestId: id };
}

/** Only 5xx codes that mean the same from us are handed on; a 4xx of NetBox never becomes our own. */
function ownStatus(code: ErrorCode, status: number): { readonly status?: number } {
  return code === 'netbox_error' && status <= 504 ? { status } : {};
}

/** The names of NetBox's object permissions. */
const permissions = {
  GET: 'view',
  POST: 'add',
  PUT: 'change',
  PATCH: 'change',
  DELETE: 'delete',
  OPTIONS: 'view',
} as const satisfies Record<Method, string>;

/** Every NetBox knows it: without it there is none, or it is served below another path. */
const elsewhere =
  'There is no NetBox at this address: check host and port, and base_path of the endpoint, the path that NetBox is served below.';

/** NetBox says "You do not have permission to perform this action." and not which. */
function remedyOf(code: ErrorCode, response: HttpResponse, { method, path }: ErrorContext): string {
  if (response.status === 404 && path === statusPath) return elsewhere;
  if (code !== 'netbox_forbidden' || refusesToken(response.status, parseJson(response.text)))
    return errorCatalog[code].remedy;
  const write = isRead(method) ? '' : ', and the token must not be read-only';
  return `The user of the token needs the permission '${permissions[method]}' for the objects of ${path}${write}.`;
}

export function errorOfAnswer(response: HttpResponse, answer: AnswerClass, context: ErrorContext): ProxboxError {
  if (context.branch !== '' && refusesBranch(response)) return branchRefused(context.branch, response, where(context));
  const code = codeOfAnswer(response.status, answer);
  const said = saidBy(response, code);
  const remedy = remedyOf(code, response, context);
  const id = response.headers['x-request-id'];
  const suffix = id === undefined ? '' : ` (NetBox request ${id})`;
  const message =
    code === 'netbox_overwhelmed'
      ? 'NetBox is overwhelmed. Please retry in a few moments.'
      : `NetBox ${context.operation} failed: ${said}`;
  return new ProxboxError(code, message, {
    detail: `${asSentence(`${code}: ${context.operation}: ${said}${attemptsText(context)}${suffix}`)} ${remedy}`,
    remedy,
    where: where(context),
    ...ownStatus(code, response.status),
    ...(code === 'netbox_overwhelmed' ? { retryAfterS: retryAfterOverwhelmedS } : {}),
    upstream: {
      status: response.status,
      statusText: response.statusText,
      body: parseJson(response.text) ?? response.text.slice(0, maxKeptBody),
      ...requestId(response),
    },
  });
}

/** The answer arrived and says something that the API never says. */
export function protocolError(
  context: Pick<ErrorContext, 'operation' | 'path' | 'endpointId'>,
  message: string,
  detail: string,
): ProxboxError {
  return new ProxboxError('remote_protocol', message, {
    detail: `remote_protocol: ${context.operation}: ${detail}. ${errorCatalog.remote_protocol.remedy}`,
    where: { operation: context.operation, path: context.path, endpoint: context.endpointId },
  });
}
