/**
 * What a remote side says never brings our own secrets along: in its answers, its reasons and our words about its failures they
 * are replaced before anybody reads them, as text, percent-encoded, escaped as JSON and as base64. So nothing that is made of
 * remote texts (answers, frames, log lines, rows in NetBox) can hold one.
 */
import type { HttpRequest, HttpResponse, HttpResult, Sender, TransportFailure } from './types.js';

const mark = '[REDACTED]';
/** Shorter ones are words that occur by themselves, also in the names of fields. */
const shortestInErrors = 6;
/** What a good answer says is data: only what can be no accident is replaced there. */
const shortestInData = 16;

/** The base64 of text that has the secret at any place: of the bytes around it only three positions matter. */
function base64Forms(secret: string): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret, 'utf8')]);
    const first = Math.ceil((before * 8) / 6);
    const core = bytes.toString('base64').slice(first, Math.floor((bytes.length * 8) / 6));
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Every form in which a text may hold the secret; the longest first, so that none is left in part. */
export function formsOf(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret);
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encoded,
    encoded.replaceAll('%20', '+'),
    encoded.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    ...base64Forms(secret),
  ];
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length);
}

function replaced(text: string, forms: readonly string[]): string {
  return forms.reduce((left, form) => (left.includes(form) ? left.replaceAll(form, mark) : left), text);
}

type Redact = (text: string) => string;

function redactedResponse(response: HttpResponse, redact: Redact): HttpResponse {
  const headers = Object.entries(response.headers).map(([name, value]) => [name, redact(value)] as const);
  return {
    ...response,
    statusText: redact(response.statusText),
    text: redact(response.text),
    headers: Object.fromEntries(headers),
  };
}

/** Its cause is for the log, which tells its text. */
function redactedFailure({ cause, ...failure }: TransportFailure, redact: Redact): TransportFailure {
  const message = redact(failure.message);
  if (!(cause instanceof Error) || redact(cause.message) === cause.message) return { ...failure, message, cause };
  return { ...failure, message, cause: new Error(redact(cause.message)) };
}

/** @param secrets that are in use now */
export function withoutSecrets(sender: Sender, secrets: () => readonly string[]): Sender {
  const known = new Map<string, readonly string[]>();
  const forms = (secret: string): readonly string[] => {
    const made = known.get(secret) ?? formsOf(secret);
    if (!known.has(secret)) {
      // Tickets come and go.
      if (known.size >= 8) known.clear();
      known.set(secret, made);
    }
    return made;
  };
  const redactor = (shortest: number): Redact => {
    const used = [...new Set(secrets())].filter((secret) => secret.length >= shortest).flatMap(forms);
    return (text) => replaced(text, used);
  };
  return {
    origin: sender.origin,
    async send(request: HttpRequest): Promise<HttpResult> {
      const result = await sender.send(request);
      if (!result.ok) return { ok: false, failure: redactedFailure(result.failure, redactor(shortestInErrors)) };
      const { status } = result.response;
      const isGood = status >= 200 && status <= 299;
      if (isGood && request.asksForSecret === true) return result;
      const shortest = isGood ? shortestInData : shortestInErrors;
      return { ok: true, response: redactedResponse(result.response, redactor(shortest)) };
    },
  };
}
