/** Which `traceparent` headers are taken up, and what is sent on. */
import { describe, expect, it } from 'vitest';
import { traceFields, traceHeaders, traceOf, withTrace } from '../../../src/telemetry/trace-context.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
const sent = `00-${traceId}-${parent}-01`;

const headersOn = (headers: Parameters<typeof traceOf>[0]) => {
  let seen: Readonly<Record<string, string>> | undefined;
  withTrace(traceOf(headers), () => (seen = traceHeaders()));
  return seen;
};

describe('a trace', () => {
  it('goes on with the id and the flags of the caller, and a span of its own', () => {
    const { traceparent } = headersOn({ traceparent: sent }) ?? {};
    const [version, id, span, flags] = traceparent?.split('-') ?? [];

    expect([version, id, flags]).toEqual(['00', traceId, '01']);
    expect(span).toMatch(/^[0-9a-f]{16}$/);
    expect(span).not.toBe(parent);
  });

  it('keeps what tracing systems tell each other, unless that is too long', () => {
    expect(headersOn({ traceparent: sent, tracestate: 'a=1,b=2' })).toMatchObject({ tracestate: 'a=1,b=2' });
    expect(headersOn({ traceparent: sent, tracestate: `a=${'1'.repeat(600)}` })).not.toHaveProperty('tracestate');
  });

  it('of a later version is taken up as one of this', () => {
    expect(headersOn({ traceparent: `cc-${traceId}-${parent}-01-more` })?.['traceparent']).toMatch(
      new RegExp(`^00-${traceId}-`),
    );
  });

  it.each([
    [undefined],
    [''],
    ['ff-' + sent.slice(3)],
    [`${sent}-more`],
    [`00-${'0'.repeat(32)}-${parent}-01`],
    [`00-${traceId}-${'0'.repeat(16)}-01`],
    [sent.toUpperCase()],
    [sent.slice(0, -1)],
    [[sent, sent]],
  ])('is none in %j', (traceparent) => {
    expect(headersOn({ traceparent, tracestate: 'a=1' })).toEqual({});
  });

  it('is over where its work is', () => {
    withTrace(traceOf({ traceparent: sent }), () => expect(traceFields()).toEqual({ traceId }));

    expect([traceFields(), traceHeaders()]).toEqual([{}, {}]);
  });
});
