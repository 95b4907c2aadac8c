/** What one row of the error catalog says: status, body, category, whether it is told again. */

/** Of `error_detail` frames; the plugin knows these words. */
export type ErrorCategory =
  | 'connection'
  | 'authentication'
  | 'permission'
  | 'validation'
  | 'not_found'
  | 'timeout'
  | 'rate_limit'
  | 'internal'
  | 'unknown';

/**
 * Keys of the answer: `plain` {detail}, `reasoned` {reason, detail} and what the error is about (the plugin shows it as
 * "Reason: ..."), `envelope` {message, detail, python_exception}, `upstream` the same with reason and upstream.
 */
export type BodyFamily = 'plain' | 'reasoned' | 'envelope' | 'upstream' | 'internal';

interface Traits {
  /** True when the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly category: ErrorCategory;
}

interface Family {
  readonly body: BodyFamily;
  /** NetBox or Proxmox failed: the texts of a run begin with the code, so that job logs name it. */
  readonly isRemote?: boolean;
}

export interface CatalogEntry extends Traits, Required<Family> {
  readonly status: number;
  readonly meaning: string;
  readonly remedy: string;
}

/** Makes the entries whose answers are alike. */
export const family =
  ({ body, isRemote = false }: Family) =>
  (status: number, meaning: string, remedy: string, traits: Partial<Traits> = {}): CatalogEntry => ({
    status,
    retryable: false,
    body,
    category: 'internal',
    isRemote,
    ...traits,
    meaning,
    remedy,
  });
