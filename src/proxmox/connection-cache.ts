/** The connections of the service by what they were made from, and what is remembered about refused logins. */
import type { Clock } from '../config/clock.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { refusalMemoryMs } from './authenticator.js';
import type { Connection } from './connection.js';

export interface ConnectionCache {
  /** A connection for new sessions; those that are too old, or that nobody used for a while, are retired. */
  find(key: string): Connection | undefined;
  add(key: string, connection: Connection): void;
  /** No new session gets it; sessions that have it go on. */
  retire(key: string, connection: Connection): void;
  /** Throws the refusal that is still remembered. */
  throwIfRefused(key: string): void;
  /** Keeps the verdict of a refused login for a while. */
  rememberRefusal(key: string, error: ProxboxError): void;
  /** Retires the connections of an endpoint, and forgets that it was refused. */
  drop(endpointId: number): void;
}

/** After this a connection that is always busy is probed anew: the version may have changed. */
const maxAgeMs = 600_000;
const idleMs = 60_000;

/** @param keyOf what keys of an endpoint begin with */
export function createConnectionCache(clock: Clock, keyOf: (endpointId: number) => string): ConnectionCache {
  const usable = new Map<string, Connection>();
  const refusals = new Map<string, { readonly error: ProxboxError; readonly untilMs: number }>();

  const isOver = (connection: Connection): boolean => {
    const nowMs = clock.monotonicMs();
    return nowMs - connection.connectedAtMs >= maxAgeMs || nowMs - connection.lastUsedMs() >= idleMs;
  };
  const retire = (key: string, connection: Connection): void => {
    if (usable.get(key) === connection) usable.delete(key);
    connection.retire();
  };

  return {
    find: (key) => {
      for (const [known, connection] of usable) if (isOver(connection)) retire(known, connection);
      return usable.get(key);
    },
    add: (key, connection) => {
      usable.get(key)?.retire();
      usable.set(key, connection);
    },
    retire,
    throwIfRefused: (key) => {
      const refusal = refusals.get(key);
      if (refusal === undefined) return;
      if (clock.monotonicMs() < refusal.untilMs) throw refusal.error;
      refusals.delete(key);
    },
    rememberRefusal: (key, error) => {
      if (error.code === 'proxmox_unauthorized')
        refusals.set(key, { error, untilMs: clock.monotonicMs() + refusalMemoryMs });
    },
    drop: (endpointId) => {
      const isOfEndpoint = (key: string): boolean => key.startsWith(keyOf(endpointId));
      for (const [key, connection] of usable) if (isOfEndpoint(key)) retire(key, connection);
      for (const key of refusals.keys()) if (isOfEndpoint(key)) refusals.delete(key);
    },
  };
}
