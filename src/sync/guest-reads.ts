/** What is read from each guest, once for all stages that need it. */
import type { Clock } from '../config/clock.js';
import type { ListedResource, ProxmoxSession, ReadOptions } from '../proxmox/types.js';
import type { GuestNetwork, HostName, ListedGuest, LocatedConfig } from './guests.js';

export interface GuestRows {
  readonly guests: readonly ListedResource[];
  /** Rows that could not be understood and are left out. */
  readonly unreadable: readonly string[];
}

type Read<T> = () => Promise<T>;

/**
 * Within a run always once, between the stage calls of one job for a minute. A read that throws (abort, endpoint gone)
 * is not remembered; one that explains why it failed is.
 */
export interface GuestReads {
  /** The guests of a session, listed once per run. */
  list(session: ProxmoxSession, signal: AbortSignal): Promise<GuestRows>;
  config(guest: ListedGuest, read: Read<LocatedConfig>): Promise<LocatedConfig>;
  network(guest: ListedGuest, read: Read<GuestNetwork>): Promise<GuestNetwork>;
  hostName(guest: ListedGuest, read: Read<HostName>): Promise<HostName>;
}

export interface GuestReadStore {
  /** `fresh`: what earlier calls read is forgotten. */
  open(options: { readonly fresh: boolean }): GuestReads;
  drop(): void;
}

/** The guests that a session lists, with the number of rows that had to be left out. */
export async function readGuestRows(session: ProxmoxSession, options: ReadOptions): Promise<GuestRows> {
  let unreadable: readonly string[] = [];
  const onUnreadable = (names: readonly string[]): void => void (unreadable = names);
  return { guests: await session.guests({ ...options, onUnreadable }), unreadable };
}

const sharedMs = 60_000;

/** Values by key, each loaded once; old ones leave when a run begins. */
class Memo<T> {
  readonly #entries = new Map<string, { readonly value: Promise<T>; readonly atMs: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string, read: Read<T>): Promise<T> {
    const known = this.#entries.get(key);
    // A read that failed for another run (which may have been cancelled) says nothing about this one: ask again.
    if (known !== undefined) return known.value.catch(() => this.get(key, read));
    const entry = { value: read(), atMs: this.#clock.monotonicMs() };
    this.#entries.set(key, entry);
    entry.value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.value;
  }

  forget(olderThanMs: number): void {
    const limit = this.#clock.monotonicMs() - olderThanMs;
    for (const [key, { atMs }] of this.#entries) if (atMs <= limit) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}

export function createGuestReadStore(clock: Clock): GuestReadStore {
  const configs = new Memo<LocatedConfig>(clock);
  const networks = new Memo<GuestNetwork>(clock);
  const hostNames = new Memo<HostName>(clock);
  const memos = [configs, networks, hostNames];
  const keyOf = ({ cluster, resource }: ListedGuest): string =>
    `${cluster.sessions.map(({ endpointId }) => endpointId).join(',')}/${resource.type}/${resource.vmid}`;

  return {
    open({ fresh }) {
      for (const memo of memos) {
        if (fresh) memo.clear();
        else memo.forget(sharedMs);
      }
      const lists = new Memo<GuestRows>(clock);
      return {
        list: (session, signal) => lists.get(`${session.endpointId}`, () => readGuestRows(session, { signal, fresh })),
        config: (guest, read) => configs.get(keyOf(guest), read),
        network: (guest, read) => networks.get(keyOf(guest), read),
        hostName: (guest, read) => hostNames.get(keyOf(guest), read),
      };
    },
    drop: () => {
      for (const memo of memos) memo.clear();
    },
  };
}
