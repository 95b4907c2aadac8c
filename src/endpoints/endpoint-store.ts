/** What the stores of NetBox and of Proxmox endpoints have in common. */
import type { Logger } from 'pino';
import type { Database } from '../db/open.js';
import type { Patiently } from '../db/patience.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { ColumnRules } from './column-rules.js';
import type { ChangeFeed, ChangeListener } from './endpoint-changes.js';

/** A record with what is worth a word of what was sent, where there is something. */
export type Saved<Record> = Record & { readonly warnings?: string[] };

export interface EndpointStore<Record, Create, Update, Endpoint> {
  /** Ascending id; every row when no limit is given. */
  list(window?: ListWindow): readonly Record[];
  /** @throws ProxboxError `not_found` (404) */
  get(id: number): Record;
  /** @throws ProxboxError `bad_request` (400), `encryption_unavailable` (400), `key_pending` (503) */
  create(body: Create): Saved<Record>;
  /** Errors as get and create. */
  update(id: number, body: Update): Saved<Record>;
  /** @throws ProxboxError `not_found` (404) */
  remove(id: number): void;
  /** Every row, disabled ones included, ascending id. */
  all(): readonly Endpoint[];
  find(id: number): Endpoint | null;
  /** Encrypts what was stored as plain text, where there is a key now. Answers how many values. */
  sealPlain(): number;
  onChange(listener: ChangeListener): void;
}

export interface EndpointStoreDeps extends ColumnRules {
  readonly db: Database;
  readonly logger: Logger;
}

export interface StoreContext extends EndpointStoreDeps {
  readonly feed: ChangeFeed;
}

/** What the routes write with. */
export interface Patience {
  readonly patiently: Patiently;
}

/** Which part of a list a client asked for. */
export interface ListWindow {
  readonly offset?: number | undefined;
  /** All rows when absent: the plugin reads only one page. */
  readonly limit?: number | undefined;
}

export function windowOf<T>(rows: readonly T[], window: ListWindow = {}): readonly T[] {
  const offset = window.offset ?? 0;
  return rows.slice(offset, window.limit === undefined ? undefined : offset + window.limit);
}

/** What is refused is told to whoever sent it, and in the log to whoever has to mend it. */
export function loggingRefusals<T>(
  { logger, kind, name }: { readonly logger: Logger; readonly kind: 'NetBox' | 'Proxmox'; readonly name: string },
  work: () => T,
): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProxboxError && error.code === 'bad_request')
      logger.warn({ endpoint: name }, `The ${kind} endpoint was not stored: ${error.message}`);
    throw error;
  }
}
