/** How the HTTP server itself is set up: limits, time-outs, request ids, and answers to what is not even a request. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  LogController,
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyReply,
  type RawServerDefault,
} from 'fastify';
import { createFirstTimes } from './first-times.js';
import { handshake, tlsOptions } from './tls-server.js';
import { setSecurityHeaders } from './plugins/security-headers.js';

const clientFaults: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

interface BrokenRequest extends Error {
  readonly code?: string;
  /** A Buffer with what arrived. */
  readonly rawPacket?: unknown;
}

function isTlsHello({ rawPacket }: BrokenRequest): boolean {
  return Buffer.isBuffer(rawPacket) && rawPacket[0] === handshake && rawPacket[1] === 0x03;
}

/** Answers on the bare socket: the bytes could not be read as a request. */
function answerBrokenRequests(logger: FastifyBaseLogger) {
  const isFirst = createFirstTimes();
  return (error: BrokenRequest, socket: Socket): void => {
    const address = socket.remoteAddress ?? '';
    // No answer of ours can be read by who speaks TLS.
    if (isTlsHello(error) && isFirst(address)) {
      logger.warn(
        { address },
        'A client asks over HTTPS, and this port speaks plain HTTP. Give it an address that begins with http:// (in the plugin: switch HTTPS off in the FastAPI endpoint), or have this service speak HTTPS (PROXBOX_TLS_CERT_FILE and PROXBOX_TLS_KEY_FILE).',
      );
    }
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy(error);
      return;
    }
    const status = clientFaults[error.code ?? ''] ?? '400 Bad Request';
    const body = JSON.stringify({ detail: status.slice(4) });
    const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
    socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`, () => socket.destroy());
  };
}

/** The path cannot be decoded, so no route and no hook was found for it. */
function answerUnusableUrl(reply: FastifyReply): void {
  setSecurityHeaders(reply);
  void reply.status(400).send({ detail: 'Bad Request' });
}

/** A client's own id is used when it is short and printable, so that it cannot forge log lines. */
function requestIdFrom(sent: string | readonly string[] | undefined): string {
  return typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID();
}

/**
 * 60 s and 15 s bound the receiving of a request, never its work: a full update may answer after an hour. Idle connections
 * are kept a little longer than those of a proxy in front (60 s).
 */
export function serverOptions(logger: FastifyBaseLogger, certificate?: Parameters<typeof tlsOptions>[0]) {
  // Node looks for connections that are too slow this often.
  const http = { headersTimeout: 15_000, connectionsCheckingInterval: 5_000, maxHeaderSize: 16 * 1024 };
  // For Fastify's types a server with TLS is another one; its requests and answers are the same.
  const secure: object = certificate === undefined ? {} : { https: { ...http, ...tlsOptions(certificate) } };
  return {
    ...secure,
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']),
    bodyLimit: 1024 * 1024,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    http,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    clientErrorHandler: answerBrokenRequests(logger),
    frameworkErrors: (_error, _request, reply: FastifyReply) => answerUnusableUrl(reply),
  } as const satisfies FastifyHttpOptions<RawServerDefault>;
}
