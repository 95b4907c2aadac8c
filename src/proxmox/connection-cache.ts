/** The connections of the service by endpoint revision, and what is remembered about endpoints. */
import type { Clock } from '../config/clock.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { refusalMemoryMs } from './authenticator.js';
import type { Connection } from './connection.js';

export interface ConnectionCache {
  /** A connection for new sessions; one that is too old is retired. */
  find(key: string): Connection | undefined;
  add(key: string, connection: Connection): void;
  /** No new session may use it; sessions that have it go on. */
  retire(key: string, connection: Connection): void;
  /** Nobody used it for a while: its sockets are closed already. */
  forget(key: string, connection: Connection): void;
  /** A session that was held over an idle time uses it again: `drop` and `close` must reach it. */
  keep(connection: Connection): void;
  /** Answers whether the endpoint was dropped, or the service closed, since this call. */
  watch(endpointId: number): () => boolean;
  /** Throws the refusal that is still remembered. */
  throwIfRefused(key: string): void;
  /** Keeps the verdict of a refused login for a while. */
  rememberRefusal(key: string, error: ProxboxError): void;
  drop(endpointId: number): Promise<void>;
  close(): Promise<void>;
}

/** After this a connection that is always busy is probed anew: the version may have changed. */
const maxAgeMs = 600_000;

/** @param keyOf what keys of an endpoint begin with */
export function createConnectionCache(clock: Clock, keyOf: (endpointId: number) => string): ConnectionCache {
  const usable = new Map<string, Connection>();
  /** Also those that only finish what they began. */
  const live = new Set<Connection>();
  const refusals = new Map<string, { readonly error: ProxboxError; readonly untilMs: number }>();
  const drops = new Map<number, number>();
  let isClosed = false;

  const retire = (key: string, connection: Connection): void => {
    if (usable.get(key) === connection) usable.delete(key);
  };
  const end = async (connections: readonly Connection[]): Promise<void> => {
    for (const connection of connections) live.delete(connection);
    await Promise.all(connections.map((connection) => connection.close()));
  };

  return {
    find: (key) => {
      const connection = usable.get(key);
      if (connection === undefined || clock.monotonicMs() - connection.connectedAtMs < maxAgeMs) return connection;
      retire(key, connection);
      return undefined;
    },
    add: (key, connection) => {
      usable.set(key, connection);
      live.add(connection);
    },
    retire,
    forget: (key, connection) => {
      retire(key, connection);
      live.delete(connection);
    },
    keep: (connection) => {
      live.add(connection);
    },
    watch: (endpointId) => {
      const seen = drops.get(endpointId) ?? 0;
      return () => isClosed || (drops.get(endpointId) ?? 0) !== seen;
    },
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
    drop: async (endpointId) => {
      drops.set(endpointId, (drops.get(endpointId) ?? 0) + 1);
      for (const map of [usable, refusals]) {
        for (const key of map.keys()) if (key.startsWith(keyOf(endpointId))) map.delete(key);
      }
      await end([...live].filter((connection) => connection.endpoint.id === endpointId));
    },
    close: async () => {
      isClosed = true;
      usable.clear();
      await end([...live]);
    },
  };
}
