/** A running service, at PROXBOX_URL with PROXBOX_API_KEY. */
import { Agent, request } from 'undici';
import type { Env } from '../../config/env.js';
import { readCaBundle } from '../../transport/ca-bundle.js';
import { toFailure } from '../../transport/failures.js';
import { trust } from '../../transport/trust.js';
import type { TlsFault } from '../../transport/types.js';
import { UsageError } from '../exit-status.js';
import { targetOf, type Connection } from './connection.js';
import { callerHeaders } from './caller.js';

function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href.replace(/\/+$/, '');
  throw new UsageError('PROXBOX_URL must be the address of the service, such as http://127.0.0.1:8000.');
}

const tlsRemedies = (base: string): Partial<Record<TlsFault, string>> => ({
  plain_http: `Set PROXBOX_URL to ${base.replace(/^https/, 'http')}, or give the service a certificate.`,
  untrusted: 'Name a PEM file with the certificate of its authority, or with itself, in PROXBOX_CA_BUNDLE.',
  other_name: 'Set PROXBOX_URL to the name that the certificate is for.',
});

function unanswered(base: string, error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { message, tlsFault } = toFailure(cause, base, 'connecting');
  const ofTls = tlsFault === undefined ? undefined : tlsRemedies(base)[tlsFault];
  return `The service does not answer: ${message}. ${ofTls ?? 'Is the service running, and PROXBOX_URL right?'}`;
}

/** @throws UsageError when the address is none, or no key is given */
export function connectTo(url: string, { serviceKey, caBundle }: Env): Connection {
  const base = baseOf(url);
  if (serviceKey === null)
    throw new UsageError('PROXBOX_URL is set and PROXBOX_API_KEY is not: set the API key of that service.');
  const headers = { ...callerHeaders(), 'x-proxbox-api-key': serviceKey.reveal() };
  // A plan of a large estate is answered when it is made: there is nothing to read before.
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: trust(caBundle === null ? undefined : readCaBundle(caBundle)),
  });
  return {
    async send(call) {
      const { method = 'GET', body } = call;
      const sent = request(`${base}${targetOf(call)}`, {
        dispatcher: agent,
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = await sent.catch((error: unknown) => {
        throw new Error(unanswered(base, error), { cause: error });
      });
      return {
        status: answer.statusCode,
        header: (name) => String(answer.headers[name] ?? ''),
        body: answer.body,
      };
    },
    close: () => agent.destroy(),
  };
}
