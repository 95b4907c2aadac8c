/** Stands between a service and NetBox and counts what passes, on the loopback address. */
import { once } from 'node:events';
import { Agent, createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Traffic {
  readonly requests: number;
  /** Requests that are not GET, HEAD or OPTIONS. */
  readonly writes: number;
  /** Bodies of answers as they came, in MB (1,000,000 bytes). */
  readonly megabytes: number;
}

export interface RecordedWrite {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

export interface CountingProxy {
  readonly url: string;
  traffic(): Traffic;
  /** The writes since the last `forget`, in the order of their arrival. */
  recorded(): readonly RecordedWrite[];
  forget(): void;
  close(): Promise<void>;
}

const reads = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Passes everything to `target` unchanged, the header Host too, so that the links of NetBox's pages lead back here. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  let counts = { requests: 0, writes: 0, bytes: 0 };
  let writes: RecordedWrite[] = [];

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = await buffer(incoming);
    counts.requests += 1;
    if (!reads.has(method)) {
      counts.writes += 1;
      writes.push({ method, path, body });
    }
    const sent = sendRequest({ hostname, port, method, path, headers, agent }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('data', (chunk: Buffer) => (counts.bytes += chunk.length));
      answer.pipe(outgoing);
    });
    sent.on('error', () => outgoing.destroy());
    sent.end(body);
  };
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing).catch(() => outgoing.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    traffic: () => ({ requests: counts.requests, writes: counts.writes, megabytes: counts.bytes / 1_000_000 }),
    recorded: () => writes,
    forget: () => {
      counts = { requests: 0, writes: 0, bytes: 0 };
      writes = [];
    },
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
