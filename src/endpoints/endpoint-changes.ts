/** Tells the log, clients and caches that an endpoint was created, changed or deleted. */
import type { Logger } from 'pino';
import type { EndpointColumns } from '../db/endpoint-columns.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { createRevisionMaker, type RevisionOf } from './revision.js';

export interface EndpointChange {
  readonly kind: 'created' | 'updated' | 'deleted';
  readonly id: number;
  /** False when a record was saved again with the same connection: clients and caches may stay. */
  readonly isConnectionChanged: boolean;
  /** It leads to another address, or to none: what is there may be another installation. */
  readonly isElsewhere: boolean;
}

export type ChangeListener = (change: EndpointChange) => void;

interface StoredRow {
  readonly id: number;
  readonly domain: string | null;
  readonly ip_address: string;
  readonly port: number;
  readonly base_path?: string | null;
}

export interface ChangeFeed {
  readonly revisionOf: RevisionOf;
  subscribe(listener: ChangeListener): void;
  /** @param fields names of what was sent */
  created(id: number, fields: readonly string[]): void;
  updated(before: StoredRow, after: StoredRow, fields: readonly string[]): void;
  deleted(id: number): void;
}

export interface ChangeFeedOptions {
  readonly kind: 'netbox' | 'proxmox';
  readonly columns: EndpointColumns;
  readonly logger: Logger;
  /** What a stored text holds. */
  readonly contentOf: (stored: string) => string;
}

export function createChangeFeed({ kind, columns, logger, contentOf }: ChangeFeedOptions): ChangeFeed {
  const listeners: ChangeListener[] = [];
  const revisionOf = createRevisionMaker(columns, contentOf);
  const publish = (change: EndpointChange): void => listeners.forEach((listener) => listener(change));
  return {
    revisionOf,
    subscribe: (listener) => void listeners.push(listener),
    created(id, fields) {
      logSecurityEvent(logger, { event: 'endpoint_created', kind, endpointId: id, fields });
      publish({ kind: 'created', id, isConnectionChanged: true, isElsewhere: true });
    },
    updated(before, after, fields) {
      const { id } = after;
      logSecurityEvent(logger, { event: 'endpoint_updated', kind, endpointId: id, fields });
      const isConnectionChanged = revisionOf(before) !== revisionOf(after);
      publish({ kind: 'updated', id, isConnectionChanged, isElsewhere: placeOf(before) !== placeOf(after) });
    },
    deleted(id) {
      logSecurityEvent(logger, { event: 'endpoint_deleted', kind, endpointId: id });
      publish({ kind: 'deleted', id, isConnectionChanged: true, isElsewhere: true });
    },
  };
}

function placeOf({ domain, ip_address: address, port, base_path: path }: StoredRow): string {
  return JSON.stringify([domain ?? '', address, port, path ?? '']);
}
