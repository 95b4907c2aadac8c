/**
 * Headers that prove who we are. API tokens are sent as they are; tickets are fetched with the password, renewed with
 * themselves after an hour (Proxmox lets them live two), and fetched anew when Proxmox answers 401.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { Method, Sender } from '../transport/types.js';
import { isObject } from '../values/plain-object.js';
import type { Login } from './credentials.js';
import { answerError, type Asked, parsedJson, transportError } from './failures.js';
import { formText } from './encoding.js';
import { toBool } from './parse/coerce.js';

interface Proof {
  readonly headers: Readonly<Record<string, string>>;
  /** Which ticket it is; see `reject`. */
  readonly generation: number;
}

export interface Authenticator {
  readonly account: string;
  /** May log in first. Throws `proxmox_unauthorized` when that is refused, and again for 30 s without asking. */
  prove(method: Method, onLogin: () => void): Promise<Proof>;
  /** What Proxmox may not repeat: the stored secret and the ticket that is in use. */
  secrets(): readonly string[];
  /** Proxmox answered 401: forgets the ticket. False when there is nothing better to try (tokens). */
  reject(proof: Proof): boolean;
}

export interface AuthenticatorDeps {
  readonly endpointName: string;
  readonly transport: Sender;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

interface Ticket {
  readonly value: string;
  readonly csrf: string;
  readonly issuedAtMs: number;
  readonly generation: number;
}

/** `where.problem` of the error for an account with a second factor. */
export const twoFactor = 'two_factor';

const renewAfterMs = 3_600_000;
const ticketLifeMs = 7_200_000;
/** A refused password is not tried again sooner: repeated failures can lock the account. */
export const refusalMemoryMs = 30_000;

export function createAuthenticator(login: Login, deps: AuthenticatorDeps): Authenticator {
  return login.method === 'token' ? tokenAuthenticator(login) : ticketAuthenticator(login, deps);
}

function tokenAuthenticator(login: Login): Authenticator {
  return {
    account: login.account,
    prove: async () => ({
      headers: { authorization: `PVEAPIToken=${login.account}=${login.secret.reveal()}` },
      generation: 0,
    }),
    secrets: () => [login.secret.reveal()],
    reject: () => false,
  };
}

function ticketAuthenticator(login: Login, deps: AuthenticatorDeps): Authenticator {
  const { clock } = deps;
  let ticket: Ticket | null = null;
  let generation = 0;
  let pending: Promise<Ticket> | null = null;
  let refusal: { readonly error: ProxboxError; readonly untilMs: number } | null = null;

  const fetchTicket = async (password: string, onLogin: () => void): Promise<Ticket> => {
    onLogin();
    const issued = await requestTicket(login.account, password, deps);
    generation += 1;
    return { ...issued, issuedAtMs: clock.monotonicMs(), generation };
  };
  const logIn = async (onLogin: () => void): Promise<Ticket> => {
    if (refusal !== null && clock.monotonicMs() < refusal.untilMs) throw refusal.error;
    try {
      return await fetchTicket(login.secret.reveal(), onLogin);
    } catch (error) {
      if (error instanceof ProxboxError && error.code === 'proxmox_unauthorized') {
        refusal = { error, untilMs: clock.monotonicMs() + refusalMemoryMs };
      }
      throw error;
    }
  };
  const renew = async (old: Ticket, onLogin: () => void): Promise<Ticket> => {
    if (clock.monotonicMs() - old.issuedAtMs >= ticketLifeMs) return logIn(onLogin);
    try {
      return await fetchTicket(old.value, onLogin);
    } catch {
      // A ticket that cannot be renewed is replaced; what is really wrong shows in the login with the password.
      return logIn(onLogin);
    }
  };
  const current = async (onLogin: () => void): Promise<Ticket> => {
    const known = ticket;
    if (known !== null && clock.monotonicMs() - known.issuedAtMs < renewAfterMs) return known;
    pending ??= (known === null ? logIn(onLogin) : renew(known, onLogin)).finally(() => {
      pending = null;
    });
    ticket = await pending;
    return ticket;
  };

  return {
    account: login.account,
    prove: async (method, onLogin) => {
      const held = await current(onLogin);
      return { headers: ticketHeaders(held, method), generation: held.generation };
    },
    secrets: () => [login.secret.reveal(), ...(ticket === null ? [] : [ticket.value, ticket.csrf])],
    reject: (proof) => {
      if (ticket?.generation === proof.generation) ticket = null;
      return true;
    },
  };
}

function ticketHeaders(ticket: Ticket, method: Method): Readonly<Record<string, string>> {
  const cookie = `PVEAuthCookie=${cookieText(ticket.value)}`;
  return method === 'GET' ? { cookie } : { cookie, csrfpreventiontoken: ticket.csrf };
}

/**
 * Proxmox takes a ticket as it is, as API clients send it, and percent-encoded, as its own pages do. Doubles and proxies often
 * take the first alone; a name of a user that no cookie can carry needs the second.
 */
function cookieText(ticket: string): string {
  return /^[\w!#$&'()*+\-./:<=>?@[\]^`{|}~]+$/.test(ticket) ? ticket : encodeURIComponent(ticket);
}

/** `POST access/ticket`; `password` is the password or a ticket that is still valid. */
async function requestTicket(
  account: string,
  password: string,
  deps: AuthenticatorDeps,
): Promise<{ value: string; csrf: string }> {
  const asked: Asked = { endpointName: deps.endpointName, account, method: 'POST', path: 'access/ticket' };
  const result = await deps.transport.send({
    method: 'POST',
    path: '/api2/json/access/ticket',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: formText({ username: account, password }),
    timeoutMs: deps.timeoutMs,
    asksForSecret: true,
  });
  if (!result.ok) throw transportError(result.failure, asked);
  const { response } = result;
  if (response.status < 200 || response.status > 299) throw answerError(response, asked);
  const body = parsedJson(response.text);
  return ticketOf(isObject(body) ? body.data : undefined, asked);
}

function ticketOf(data: unknown, asked: Asked): { value: string; csrf: string } {
  const { ticket, CSRFPreventionToken: csrf, NeedTFA: needTfa } = isObject(data) ? data : {};
  if (typeof ticket !== 'string' || ticket === '') {
    throw loginError(asked, 'Proxmox answered the login without a ticket. Check user@realm and the password.');
  }
  if (toBool(needTfa) === true || ticket.startsWith('PVE:!tfa!')) {
    const remedy = 'a service cannot give the second factor. Create an API token for the user and store that instead.';
    throw loginError(asked, `${asked.account} requires two-factor authentication; ${remedy}`, { problem: twoFactor });
  }
  return { value: ticket, csrf: typeof csrf === 'string' ? csrf : '' };
}

function loginError(asked: Asked, detail: string, where: { readonly problem?: string } = {}): ProxboxError {
  const message = `Proxmox did not log ${asked.account} in at endpoint '${asked.endpointName}'.`;
  return new ProxboxError('proxmox_unauthorized', message, {
    detail,
    where: { endpoint: asked.endpointName, ...where },
  });
}
