/** The trace that a request belongs to, as its caller says (W3C Trace Context): it goes on to NetBox and Proxmox, and into the log. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Of what is done here for one request, 16 hexadecimal digits. */
  readonly spanId: string;
  /** Two hexadecimal digits: whether the caller records the trace. */
  readonly flags: string;
  /** What tracing systems tell each other, as it came; empty: nothing. */
  readonly state: string;
}

type Header = string | readonly string[] | undefined;

/** Neither id may be all zeros, and `ff` is no version; after what is known of a later version may stand more. */
const form =
  /^(?<version>(?!ff)[0-9a-f]{2})-(?<traceId>(?!0+-)[0-9a-f]{32})-(?!0+-)[0-9a-f]{16}-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;
/** As much as everybody has to send on (3.3.1.5). */
const longestState = 512;

/**
 * What the headers `traceparent` and `tracestate` say; undefined: nothing, or nothing that can be used, which is to be ignored
 * (https://www.w3.org/TR/trace-context/, 3.2 and 4.3). Later versions begin as this one does.
 */
export function traceOf({ traceparent, tracestate }: Readonly<Record<string, Header>>): TraceContext | undefined {
  const { version, traceId, flags, more } = form.exec(typeof traceparent === 'string' ? traceparent : '')?.groups ?? {};
  if (traceId === undefined || flags === undefined || (version === '00' && more !== undefined)) return undefined;
  const state = typeof tracestate === 'string' && tracestate.length <= longestState ? tracestate : '';
  return { traceId, spanId: randomBytes(8).toString('hex'), flags, state };
}

const storage = new AsyncLocalStorage<TraceContext>();

/** Whatever `work` begins belongs to the trace. */
export function withTrace(trace: TraceContext | undefined, work: () => void): void {
  if (trace === undefined) work();
  else storage.run(trace, work);
}

/** The headers by which others take up the trace; none outside of one. */
export function traceHeaders(): Readonly<Record<string, string>> {
  const trace = storage.getStore();
  if (trace === undefined) return {};
  const { traceId, spanId, flags, state } = trace;
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(state === '' ? {} : { tracestate: state }) };
}

/** What a line of the log says of the trace. */
export function traceFields(): { readonly traceId?: string } {
  const trace = storage.getStore();
  return trace === undefined ? {} : { traceId: trace.traceId };
}
