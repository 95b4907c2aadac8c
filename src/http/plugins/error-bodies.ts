/** What a ProxboxError looks like on the wire. One place, because clients read exact keys. Pure. */
import type { ErrorCode } from '../../errors/catalog.js';
import { verbEntries } from '../../errors/verb-entries.js';
import { errorText, type ProxboxError } from '../../errors/proxbox-error.js';

export interface ErrorBodyOptions {
  /** PROXBOX_EXPOSE_INTERNAL_ERRORS: causes are told, after redaction. */
  readonly exposeInternalErrors: boolean;
  readonly redact: (text: string) => string;
}

type Body = Readonly<Record<string, unknown>>;

/** Answers to what the client did: `{detail}` alone. */
const plain = new Set<ErrorCode>([
  'invalid_request',
  'bad_request',
  'not_found',
  'conflict',
  'unauthenticated',
  'locked_out',
  'rate_limited',
]);

/** Answers that the plugin shows as "Reason: ...": `{reason, detail}` and what the error is about. */
const reasoned: ReadonlySet<string> = new Set([
  'endpoint_writes_disabled',
  'operation_denied',
  'not_implemented',
  ...Object.keys(verbEntries),
]);

const isUpstream = (code: ErrorCode): boolean => /^(netbox|proxmox|remote|run|stage|plan)_/.test(code);

/** Beginning with the code, so that operators and the plugin's logs name it; objects are passed as they are. */
function upstreamDetail(error: ProxboxError): unknown {
  if (error.detail !== null && typeof error.detail !== 'string') return error.detail;
  const text = error.detail === null || error.detail === '' ? error.message : error.detail;
  return text.startsWith(error.code) ? text : `${error.code}: ${text}`;
}

function upstreamKeys(error: ProxboxError): Body {
  const { upstream } = error;
  if (upstream === undefined) return { reason: error.code };
  const answer = {
    status: upstream.status,
    ...(upstream.statusText === undefined ? {} : { status_text: upstream.statusText }),
    ...(upstream.requestId === undefined ? {} : { request_id: upstream.requestId }),
  };
  return { reason: error.code, upstream: answer };
}

function internalBody(error: ProxboxError, options: ErrorBodyOptions): Body {
  const generic = { message: 'Internal server error', detail: 'An unexpected error occurred.', python_exception: null };
  if (!options.exposeInternalErrors) return generic;
  const text = options.redact(errorText(error));
  return { ...generic, detail: text, python_exception: text };
}

function causeText(error: ProxboxError, options: ErrorBodyOptions): string | null {
  if (!options.exposeInternalErrors || error.cause === undefined) return null;
  return options.redact(errorText(error.cause));
}

/** The body for `error.status`. `python_exception` keeps the name that clients know. */
export function errorBody(error: ProxboxError, options: ErrorBodyOptions): Body {
  if (error.code === 'internal') return internalBody(error, options);
  if (plain.has(error.code)) return { detail: error.detail ?? error.message };
  if (reasoned.has(error.code)) return { reason: error.code, detail: error.detail ?? error.message, ...error.where };
  const envelope = { message: error.message, detail: error.detail, python_exception: causeText(error, options) };
  return isUpstream(error.code) ? { ...envelope, detail: upstreamDetail(error), ...upstreamKeys(error) } : envelope;
}
