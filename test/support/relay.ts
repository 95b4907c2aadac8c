/** Stands in front of a server and may hold each request, so that a test does something in the middle of a run. */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RelayedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly authorization: string;
}

export interface Relay {
  readonly url: string;
  /** Everything that was passed on. */
  readonly requests: RelayedRequest[];
  /** Awaited before a request is passed on. */
  before: (request: RelayedRequest) => Promise<void>;
  /** Ends all connections of clients. */
  cut(): void;
  close(): Promise<void>;
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, to: URL): void {
  const { method, url, headers } = incoming;
  const options = { host: to.hostname, port: to.port, method, path: url, headers, agent: false };
  const sent = forward(options, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  sent.on('error', (error) => outgoing.destroy(error));
  incoming.pipe(sent);
}

export async function startRelay(target: string): Promise<Relay> {
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const request = { method, target: url, authorization: headers.authorization ?? '' };
    relay.before(request).then(
      () => {
        relay.requests.push(request);
        passOn(incoming, outgoing, new URL(target));
      },
      (error: unknown) => outgoing.destroy(error as Error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const relay: Relay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    before: () => Promise.resolve(),
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return relay;
}
