/** Tells clients and caches that an endpoint was created, changed or deleted. */

export interface EndpointChange {
  readonly kind: 'created' | 'updated' | 'deleted';
  readonly id: number;
  /** False when a record was saved again with the same connection: clients and caches may stay. */
  readonly isConnectionChanged: boolean;
}

export type ChangeListener = (change: EndpointChange) => void;

export interface ChangeFeed {
  subscribe(listener: ChangeListener): void;
  publish(change: EndpointChange): void;
}

export function createChangeFeed(): ChangeFeed {
  const listeners: ChangeListener[] = [];
  return {
    subscribe: (listener) => void listeners.push(listener),
    publish: (change) => listeners.forEach((listener) => listener(change)),
  };
}
