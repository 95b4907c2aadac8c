import type { Store } from './store/store.js';
import type { KindSpec, NetBoxRelease, Row } from './types.js';

/** Everything one request works with. */
export interface World {
  readonly release: NetBoxRelease;
  readonly store: Store;
  /** Scheme and host for the URLs in answers. */
  readonly origin: string;
  readonly requestId: string;
  readonly user: Row;
  /** A moment later than every one given before: ISO 8601 with microseconds, in UTC. */
  readonly now: () => string;
  /** NetBox's ENFORCE_GLOBAL_UNIQUE. */
  readonly globalUnique: boolean;
}

/** A change of one object that is being checked and saved. */
export interface Change {
  readonly world: World;
  readonly kind: KindSpec;
  /** What was stored, undefined while creating. */
  readonly before: Row | undefined;
  /** The object as it would be stored: rules may adjust it before it is. */
  readonly draft: Record<string, unknown>;
  /** The keys the caller sent, after parsing. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** The row a relation of the draft points at. */
export const related = (change: Change, field: string): Row | undefined => {
  const to = change.kind.fields[field]?.to;
  return to === undefined ? undefined : change.world.store.get(to, change.draft[field]);
};
