import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { disfigure, type FaultAction, type Faults } from './faults.js';
import { htmlAnswer, jsonAnswer, type SimulatedAnswer, type SimulatedRequest } from './types.js';

export interface SimulatorServer {
  /** Base URL without a slash at the end; empty before `listen`. */
  readonly url: string;
  /** Starts on 127.0.0.1; port 0 (the default) takes any free one. Answers the base URL. */
  listen(port?: number): Promise<string>;
  /** Cuts open connections and stops. */
  close(): Promise<void>;
}

export interface SimulatorServerOptions {
  readonly handle: (request: SimulatedRequest) => SimulatedAnswer | Promise<SimulatedAnswer>;
  readonly faults: Faults;
  /** Milliseconds added to every answer. */
  readonly latencyMs: number;
  /** Sees every request on arrival, also those a fault keeps from being carried out. */
  readonly observe: (request: SimulatedRequest) => void;
  /** Told when it is done with such a request, whatever became of it. */
  readonly release?: (request: SimulatedRequest) => void;
}

const readBody = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

const toRequest = async (incoming: IncomingMessage): Promise<SimulatedRequest> => {
  const target = incoming.url ?? '/';
  const origin = `http://${incoming.headers.host ?? '127.0.0.1'}`;
  const cut = target.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: cut < 0 ? target : target.slice(0, cut),
    query: new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1)),
    origin,
    target,
    headers: incoming.headers,
    body: await readBody(incoming),
    remoteAddress: incoming.socket.remoteAddress ?? '',
  };
};

const send = (outgoing: ServerResponse, answer: SimulatedAnswer, truncate: boolean): void => {
  const body = Buffer.from(answer.body ?? '', 'utf8');
  const length = answer.status === 204 ? {} : { 'content-length': String(body.length) };
  outgoing.writeHead(answer.status, { ...answer.headers, ...length });
  if (!truncate) {
    outgoing.end(body);
    return;
  }
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => outgoing.destroy());
};

const proxyPage = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

const headersOf = (action: { readonly headers?: Readonly<Record<string, string>> }) =>
  action.headers === undefined ? {} : { headers: action.headers };

/** The answer of a fault that keeps the request from being carried out; undefined for all others. */
const answerInstead = (action: FaultAction | undefined): SimulatedAnswer | undefined => {
  if (action === 'html') return htmlAnswer(502, proxyPage);
  if (typeof action !== 'object' || !('status' in action)) return undefined;
  if (typeof action.body === 'string') return { ...htmlAnswer(action.status, action.body), ...headersOf(action) };
  return jsonAnswer(action.status, action.body ?? {}, action.headers);
};

const respond = async (
  options: SimulatorServerOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const request = await toRequest(incoming);
  options.observe(request);
  try {
    await answer(options, request, { incoming, outgoing });
  } finally {
    options.release?.(request);
  }
};

const answer = async (
  options: SimulatorServerOptions,
  request: SimulatedRequest,
  { incoming, outgoing }: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse },
): Promise<void> => {
  const action = options.faults.take(request);
  if (action === 'hang') return;
  if (action === 'reset-before') {
    incoming.socket.resetAndDestroy();
    return;
  }
  const wait = options.latencyMs + (typeof action === 'object' && 'delayMs' in action ? action.delayMs : 0);
  if (wait > 0) await delay(wait);
  if (typeof action === 'object' && 'until' in action) await action.until;
  const given = answerInstead(action) ?? (await options.handle(request));
  if (action === 'reset-after-commit') {
    incoming.socket.resetAndDestroy();
    return;
  }
  send(outgoing, disfigure(given, action, request), action === 'truncate');
};

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** A loopback HTTP server around one `handle` function, with latency and faults in front of it. */
export const createSimulatorServer = (options: SimulatorServerOptions): SimulatorServer => {
  let url = '';
  const server = createServer((incoming, outgoing) => {
    respond(options, incoming, outgoing).catch((error: unknown) => {
      // A request the caller gave up is no event; a failing simulator must be seen, so the caller gets its stack.
      if (outgoing.destroyed || outgoing.headersSent) return;
      outgoing.writeHead(500, { 'content-type': 'text/plain' });
      outgoing.end(`simulator failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    });
  });
  server.keepAliveTimeout = 60_000;
  return {
    get url() {
      return url;
    },
    listen: (port = 0) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          server.removeListener('error', reject);
          url = `http://127.0.0.1:${portOf(server)}`;
          resolve(url);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) {
          resolve();
          return;
        }
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
