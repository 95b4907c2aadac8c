/**
 * The only place where something thrown becomes an answer. Clients and services throw ProxboxError; what Fastify throws is
 * translated here, so that its own body shapes never leave the process; the rest is a bug and answered without details.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorText, ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import type { RouteIndex } from '../route-index.js';
import { errorBody, type ErrorBodyOptions } from './error-bodies.js';

export interface ErrorsDeps {
  readonly routes: RouteIndex;
  /** Cached settings only: an error must not wait for NetBox. */
  readonly exposeInternalErrors: () => boolean;
  readonly redact: (text: string) => string;
}

const invalidJson = {
  type: 'json_invalid',
  loc: ['body'],
  msg: 'JSON decode error',
  ctx: { error: 'The body is not valid JSON.' },
};

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** Begins with the words that proxies in front answer with. */
function tooLargeText(bodyLimit = 0): string {
  return `Payload Too Large: more than ${Math.floor(bodyLimit / 1024)} KB. Send less at once.`;
}

function fromFramework(error: unknown, bodyLimit: number | undefined): ProxboxError | undefined {
  const code = property(error, 'code');
  const status = property(error, 'statusCode');
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY') {
    return new ProxboxError('invalid_request', 'The body is not valid JSON.', { detail: [invalidJson] });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ProxboxError('bad_request', 'Unsupported Media Type: send the body as application/json.', { status });
  }
  return new ProxboxError(
    'bad_request',
    status === 413 ? tooLargeText(bodyLimit) : (STATUS_CODES[status] ?? 'Bad Request'),
    { status },
  );
}

/** Traces of calls are for bugs; what NetBox or Proxmox did is told by its text. A client that left is no failure. */
function logFailure(error: ProxboxError, { log }: FastifyReply): void {
  const { code, status, where } = error;
  if (status < 500 || code === 'not_implemented') return;
  if (code === 'internal') log.error({ err: error, code, where }, 'A request failed.');
  else log[code === 'cancelled' ? 'info' : 'warn']({ code, where, reason: errorText(error) }, 'A request failed.');
}

function answer(error: unknown, reply: FastifyReply, options: ErrorBodyOptions): FastifyReply {
  const known =
    error instanceof ProxboxError
      ? error
      : (fromFramework(error, reply.request.routeOptions.bodyLimit) ?? toProxboxError(error));
  logFailure(known, reply);
  reply.status(known.status);
  letItBeSent(reply);
  if (known.retryAfterS !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(known.retryAfterS))));
  return reply.send(errorBody(known, options));
}

/** So much of a body that is too large is still read, and dropped. */
const mostDropped = 16 * 1024 * 1024;

/**
 * Fastify closes the connection of a body that is too large. Who still sends it, such as a proxy, then learns of a broken connection
 * and not of this answer. Node reads what is left of a request when its answer is sent, within the time of any request.
 */
function letItBeSent(reply: FastifyReply): void {
  const length = Number(reply.request.headers['content-length']);
  if (reply.statusCode === 413 && length <= mostDropped) reply.removeHeader('connection');
}

function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply, routes: RouteIndex): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '/';
  const methods = routes.methodsFor(path);
  if (methods.length === 0 || methods.includes(request.method)) return reply.status(404).send({ detail: 'Not Found' });
  return reply.status(405).header('allow', methods.join(', ')).send({ detail: 'Method Not Allowed' });
}

export function registerErrors(app: FastifyInstance, deps: ErrorsDeps): void {
  app.setErrorHandler((error, _request, reply) =>
    answer(error, reply, { exposeInternalErrors: deps.exposeInternalErrors(), redact: deps.redact }),
  );
  app.setNotFoundHandler((request, reply) => answerUnknownRoute(request, reply, deps.routes));
}
