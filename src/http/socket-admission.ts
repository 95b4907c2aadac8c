/** Who may use a WebSocket: decided on the open connection, before anything else happens on it. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { createAuthenticate, presentedKey, type AuthDeps } from './plugins/auth.js';
import { createSlidingWindow } from './sliding-window.js';
import type { TextSocket } from './stream/websocket.js';

export interface AdmissionDeps extends AuthDeps {
  readonly clock: Clock;
}

/** True when the client has shown a key; otherwise the connection is being closed with 4001 and the reason. */
export type Admit = (socket: TextSocket, request: FastifyRequest) => Promise<boolean>;

const firstTextMs = 10_000;
const refused = 4001;
const oneMinuteMs = 60_000;

const KeyFrame = z.object({ api_key: z.string().min(1) });

/** The key in a text of the form `{"api_key": "..."}`. */
export function keyIn(text: string): string | undefined {
  try {
    return KeyFrame.safeParse(JSON.parse(text)).data?.api_key;
  } catch {
    return undefined;
  }
}

/** undefined when the client is silent for 10 s, leaves, or sends something else. */
async function firstKey(socket: TextSocket, clock: Clock): Promise<string | undefined> {
  const turn = new AbortController();
  const tooLate = clock.sleep(firstTextMs, turn.signal).catch(() => undefined);
  try {
    const text = await Promise.race([socket.read(), tooLate]);
    return typeof text === 'string' ? keyIn(text) : undefined;
  } finally {
    turn.abort();
  }
}

/**
 * Shares the lockout with the requests. The plugin connects again for ever with a key that was refused, so one wrong key per
 * address and minute is counted: alone it can never lock out its own address.
 */
export function createAdmit({ clock, addressOf, ...deps }: AdmissionDeps): Admit {
  const counted = createSlidingWindow(clock, oneMinuteMs);
  const isCounted = (address: string): boolean => counted.take(address, 1) === 0;
  const authenticate = createAuthenticate({ ...deps, isCounted, remedy: '' });
  return async (socket, request) => {
    try {
      await authenticate(addressOf(request), presentedKey(request) ?? (await firstKey(socket, clock)));
      return true;
    } catch (error) {
      if (!(error instanceof ProxboxError)) throw error;
      socket.close(refused, error.message);
      return false;
    }
  };
}
