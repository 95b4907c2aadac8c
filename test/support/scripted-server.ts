import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON, or the text. */
  readonly body: unknown;
}

/** What the server does with one request. */
export type ScriptedAnswer =
  | {
      readonly status?: number;
      readonly json?: unknown;
      /** Bytes where it is compressed. */
      readonly text?: string | Uint8Array;
      readonly headers?: Record<string, string>;
      readonly statusText?: string;
    }
  /** Closes the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Never answers. */
  | { readonly kind: 'silence' }
  /** Announces more bytes than it sends, then closes. */
  | { readonly kind: 'truncated'; readonly text: string }
  /** Sends one byte every few milliseconds and never ends. */
  | { readonly kind: 'drip' };

export type Responder = (request: ReceivedRequest, index: number) => ScriptedAnswer | Promise<ScriptedAnswer>;

export interface ScriptedServer {
  readonly origin: string;
  readonly port: number;
  /** Everything that arrived, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** `GET /path`, one line per request, for counting. */
  lines(): readonly string[];
  respond(responder: Responder): void;
  /** One answer per request; the last one is repeated. */
  script(...answers: readonly ScriptedAnswer[]): void;
  close(): Promise<void>;
}

export interface ScriptedServerOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Requests that are answered outside the script and not recorded. */
  readonly aside?: (request: ReceivedRequest) => ScriptedAnswer | undefined;
}

async function readRequest(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const url = new URL(incoming.url ?? '/', 'http://scripted');
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: kept as text.
  }
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
  };
}

function give(answer: ScriptedAnswer, response: ServerResponse): void {
  if (!('kind' in answer)) {
    const text = answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json);
    response.writeHead(answer.status ?? 200, answer.statusText, {
      'content-type': 'application/json',
      ...answer.headers,
    });
    response.end(text);
    return;
  }
  if (answer.kind === 'reset') response.socket?.resetAndDestroy();
  if (answer.kind === 'drip') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(' ');
    const dripping = setInterval(() => response.write(' '), 5);
    response.once('close', () => clearInterval(dripping));
  }
  if (answer.kind === 'truncated') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(answer.text.length + 100) });
    response.write(answer.text, () => response.socket?.destroy());
  }
}

export async function startScriptedServer(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  let responder: Responder = () => ({ status: 404, json: { detail: 'not scripted' } });

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming);
    const aside = options.aside?.(request);
    if (aside !== undefined) return give(aside, response);
    requests.push(request);
    give(await responder(request, requests.length - 1), response);
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    serve(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    origin: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    lines: () => requests.map(({ method, path }) => `${method} ${path}`),
    respond: (changed) => {
      responder = changed;
    },
    script: (...answers) => {
      const first = requests.length;
      responder = (_request, index) => answers[Math.min(index - first, answers.length - 1)] ?? { kind: 'silence' };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
