/** What a ProxboxError looks like on the wire. One place, because clients read exact keys. Pure. */
import { errorCatalog } from '../../errors/catalog.js';
import { errorText, type ProxboxError } from '../../errors/proxbox-error.js';

export interface ErrorBodyOptions {
  /** PROXBOX_EXPOSE_INTERNAL_ERRORS: causes are told, after redaction. */
  readonly exposeInternalErrors: boolean;
  readonly redact: (text: string) => string;
}

type Body = Readonly<Record<string, unknown>>;

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
  const envelope = { message: error.message, detail: error.detail, python_exception: causeText(error, options) };
  switch (errorCatalog[error.code].body) {
    case 'internal':
      return internalBody(error, options);
    case 'plain':
      return { detail: error.detail ?? error.message };
    case 'reasoned':
      return { reason: error.code, detail: error.detail ?? error.message, ...error.where };
    case 'upstream':
      return { ...envelope, detail: upstreamDetail(error), ...upstreamKeys(error) };
    case 'envelope':
      return envelope;
  }
}
