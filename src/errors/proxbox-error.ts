/** The one error of the service: a code of the catalog, what happened to what, and what to do. */
import { errorCatalog, type ErrorCode } from './catalog.js';
import { sqliteFailure } from './sqlite-failure.js';

/** Values that survive JSON: what `detail` of an error may hold. */
export type ErrorDetail = string | Readonly<Record<string, unknown>> | readonly unknown[] | null;

export interface ProxboxErrorOptions {
  readonly detail?: ErrorDetail;
  readonly cause?: unknown;
  /** Another status than the catalog's, where a route has a fixed answer of its own. */
  readonly status?: number;
  readonly retryable?: boolean;
  /** Seconds the remote side asked us to wait. */
  readonly retryAfterS?: number;
  /** What the error is about, for messages and logs: method, path, operation, endpoint, object. Never a secret. */
  readonly where?: Readonly<Record<string, string | number>>;
  /** What to do, where more is known than the catalog says. */
  readonly remedy?: string;
  /** What the remote side answered, as data: its status, and its parsed body for those who decide on fields. */
  readonly upstream?: UpstreamAnswer;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly statusText?: string;
  readonly body?: unknown;
  readonly requestId?: string;
}

/**
 * The only error that clients, stores and services throw. The wire body `{message, detail, python_exception}` is made
 * from it in one place (http/plugins/errors.ts); callers decide on `code` and `upstream.status`, never on the text.
 */
export class ProxboxError extends Error {
  override readonly name = 'ProxboxError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly detail: ErrorDetail;
  /** What to do; the `detail` may end with it. */
  readonly remedy: string;
  readonly retryAfterS: number | undefined;
  readonly where: Readonly<Record<string, string | number>>;
  readonly upstream: UpstreamAnswer | undefined;

  constructor(code: ErrorCode, message: string, options: ProxboxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const known = errorCatalog[code];
    this.code = code;
    this.status = options.status ?? known.status;
    this.retryable = options.retryable ?? known.retryable;
    this.detail = options.detail ?? null;
    this.remedy = options.remedy ?? known.remedy;
    this.retryAfterS = options.retryAfterS;
    this.where = options.where ?? {};
    this.upstream = options.upstream;
  }
}

/** The text of anything that was thrown, for logs and details. */
export function errorText(error: unknown): string {
  if (error instanceof ProxboxError) {
    return typeof error.detail === 'string' && error.detail !== ''
      ? `${error.message} | ${error.detail}`
      : error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Wraps what is not yet a ProxboxError, mostly as `internal`, so that callers handle one type. */
export function toProxboxError(error: unknown): ProxboxError {
  if (error instanceof ProxboxError) return error;
  const failure = sqliteFailure(error);
  if (failure !== undefined) return new ProxboxError(failure.code, failure.message, { cause: error });
  return new ProxboxError('internal', 'An unexpected error occurred.', { detail: errorText(error), cause: error });
}
