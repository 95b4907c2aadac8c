/**
 * WebSocket upgrades. A handshake runs through the same hooks as any request; what happens on the connection afterwards is
 * in stream/websocket.ts.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import websocket from '@fastify/websocket';
import type { Clock } from '../../config/clock.js';
import type { App } from '../app-type.js';

/** Commands and keys are short. */
const maxMessageBytes = 16 * 1024;
/** For runs to stop and clients to answer the closing handshake, when the service stops. */
const closingMs = 2_000;

const upgradeHeaders = new Set(['connection', 'upgrade', 'http2-settings']);

/**
 * As soon as somebody listens for upgrades, Node hands over every request with an Upgrade header. Those that ask for
 * something else (`h2c`, as curl --http2 and Java's client do) are read again without it: RFC 9110, 7.8 allows a server to
 * ignore the header.
 */
function onlyWebSockets({ server }: App): Server {
  const relay = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (/\bwebsocket\b/i.test(request.headers.upgrade ?? '')) {
      relay.emit('upgrade', request, socket, head);
      return;
    }
    socket.unshift(Buffer.concat([Buffer.from(headWithoutUpgrade(request), 'latin1'), head]));
    server.emit('connection', socket);
  });
  return relay;
}

function headWithoutUpgrade({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, n) =>
    n % 2 === 0 && !upgradeHeaders.has(name.toLowerCase()) ? `${name}: ${rawHeaders[n + 1] ?? ''}` : [],
  );
  return [`${method ?? ''} ${url ?? ''} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** Must be awaited before any hook that asks whether a request is a WebSocket, and before the first route. */
export async function registerWebSockets(app: App, { clock }: { readonly clock: Clock }): Promise<void> {
  const closed = new AbortController();
  await app.register(websocket, {
    options: { server: onlyWebSockets(app), maxPayload: maxMessageBytes },
    errorHandler: (error, socket, request) => {
      request.log.warn({ err: error }, 'A WebSocket connection was ended because of an error.');
      socket.terminate();
    },
    // The connections close themselves when the service stops; who does not answer is cut off.
    preClose: async () => {
      clock.sleep(closingMs, closed.signal).then(
        () => app.websocketServer.clients.forEach((client) => client.terminate()),
        () => undefined,
      );
    },
  });
  app.addHook('onClose', async () => closed.abort());
}
