import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResult } from '../../../src/transport/types.js';
import { withoutSecrets } from '../../../src/transport/without-secrets.js';

const request: HttpRequest = { method: 'GET', path: '/', timeoutMs: 1000 };
const token = '0f3b1a52-4c6d-4e8f-9a0b-1c2d3e4f5a6b';

async function told(result: HttpResult, secrets = [token]): Promise<HttpResult> {
  return withoutSecrets({ origin: 'http://x', send: async () => result }, () => secrets).send(request);
}

function answer(status: number, text: string, statusText = '', headers = {}): HttpResult {
  return { ok: true, response: { status, statusText, headers, text } };
}

describe('a remote side that repeats our secret', () => {
  it.each([
    ['as it is', token],
    ['percent-encoded', encodeURIComponent(`p&ss wörd+"quoted"`), `p&ss wörd+"quoted"`],
    ['percent-encoded in lower case', 'p%c3%a4ss%2bword', 'päss+word'],
    ['as a form field', 'p%26ss+word', 'p&ss word'],
    ['escaped as JSON', String.raw`p\"ss\\word`, String.raw`p"ss\word`],
    ['as base64', Buffer.from(token).toString('base64')],
    ['as base64 for URLs', Buffer.from('~~~???>>>~~~').toString('base64url'), '~~~???>>>~~~'],
    ['as the base64 of a longer text', Buffer.from(`user:${token}\n`).toString('base64')],
  ])('%s is quoted without it', async (_name, echoed, secret = token) => {
    const result = await told(answer(403, `you sent ${echoed}!`, `no ${echoed}`, { location: `/?${echoed}` }), [
      secret,
    ]);

    expect(result).toMatchObject({ ok: true, response: { statusText: expect.stringContaining('[REDACTED]') } });
    const inner = echoed.slice(4, -4);
    expect(JSON.stringify(result)).not.toContain(inner);
  });

  it('at any place of a base64 text is not told (property)', async () => {
    const secret = fc.string({ minLength: 16, maxLength: 40, unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(fc.string(), secret, fc.string(), async (before, hidden, after) => {
        const echoed = Buffer.from(`${before}${hidden}${after}`).toString('base64');
        const result = await told(answer(200, echoed), [hidden]);
        const text = result.ok ? result.response.text : '';
        expect(text).toContain('[REDACTED]');
        expect(Buffer.from(text, 'base64').toString('utf8')).not.toContain(hidden);
      }),
    );
  });

  it('in a failure is told without it, also in the cause', async () => {
    const cause = new Error(`bad header ${token}`);
    const failure = { kind: 'protocol', maybeSent: true, message: `odd answer: ${token}`, cause } as const;

    const result = await told({ ok: false, failure });

    expect(result).toMatchObject({
      ok: false,
      failure: { message: 'odd answer: [REDACTED]', cause: { message: 'bad header [REDACTED]' } },
    });
  });
});

describe('what is not replaced', () => {
  it('is data that happens to hold a short password', async () => {
    const text = '{"data":[{"name":"password1"}]}';

    expect(await told(answer(200, text), ['password1'])).toEqual(answer(200, text));
    expect(await told(answer(500, text), ['password1'])).toEqual(answer(500, '{"data":[{"name":"[REDACTED]"}]}'));
  });

  it('is anything else', async () => {
    const result = answer(400, 'no such thing', 'Bad Request', { location: '/' });

    expect(await told(result)).toEqual(result);
  });

  it('is left alone in the good answer of a request that asks for one, and in no other', async () => {
    const renewed = async (status: number): Promise<HttpResult> =>
      withoutSecrets({ origin: 'http://x', send: async () => answer(status, token) }, () => [token]).send({
        ...request,
        asksForSecret: true,
      });

    expect(await renewed(200)).toMatchObject({ response: { text: token } });
    expect(await renewed(401)).toMatchObject({ response: { text: '[REDACTED]' } });
  });
});
