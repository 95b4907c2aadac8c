/** A WebSocket as texts in and texts out: a bounded queue, a heartbeat, and two signals that say when to stop. */
import type { WebSocket } from '@fastify/websocket';
import type { Clock } from '../../config/clock.js';

export interface TextSocket {
  /** The next text of the client; undefined when there will be none, because it left or the service stops. */
  read(): Promise<string | undefined>;
  /** Resolves when the text was handed to the network, so that a slow reader slows the sender; never rejects. */
  send(text: string): Promise<void>;
  /** `reason` is at most 123 bytes (RFC 6455, 5.5). */
  close(code: number, reason?: string): void;
  /** Aborted when the connection is over. */
  readonly closed: AbortSignal;
  /** Aborted when the connection is over or the service stops. */
  readonly ending: AbortSignal;
}

export interface TextSocketDeps {
  readonly clock: Clock;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

/** A client that sends faster than its commands are carried out is told to go. */
const maxWaiting = 16;
const heartbeatMs = 30_000;
const policyViolation = 1008;

async function beat(socket: WebSocket, clock: Clock, closed: AbortSignal): Promise<void> {
  let hasAnswered = true;
  socket.on('pong', () => (hasAnswered = true));
  while (hasAnswered) {
    hasAnswered = false;
    socket.ping();
    await clock.sleep(heartbeatMs, closed);
  }
  socket.terminate();
}

/** Must be called in the same turn in which the connection came up, or texts are lost. */
export function createTextSocket(socket: WebSocket, { clock, stopping }: TextSocketDeps): TextSocket {
  const closed = new AbortController();
  const ending = new AbortController();
  const waiting: string[] = [];
  let wake: () => void = () => undefined;

  const end = (): void => {
    ending.abort();
    wake();
  };
  if (stopping.aborted) end();
  stopping.addEventListener('abort', end);
  socket.once('close', () => {
    stopping.removeEventListener('abort', end);
    closed.abort();
    end();
  });
  socket.on('message', (data, isBinary) => {
    if (waiting.length >= maxWaiting) {
      socket.close(policyViolation, 'Too many messages are waiting.');
      return;
    }
    waiting.push(!isBinary && Buffer.isBuffer(data) ? data.toString('utf8') : '');
    wake();
  });
  beat(socket, clock, closed.signal).catch(() => undefined);

  return {
    closed: closed.signal,
    ending: ending.signal,
    async read() {
      while (waiting.length === 0 && !ending.signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return ending.signal.aborted ? undefined : waiting.shift();
    },
    send: (text) =>
      new Promise((resolve) => {
        socket.send(text, () => resolve());
      }),
    close: (code, reason) => socket.close(code, reason),
  };
}
