import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from './acl.js';
import { permissionsOf } from './acl.js';
import { ApiError, Unidentified } from './api-error.js';
import { createTicketOffice } from './tickets.js';
import type { AccessBook } from './access-book.js';
import type { SimulatedUser } from './types.js';

/** The code every simulated second factor accepts. */
const TOTP_CODE = '123456';

export interface Authentication {
  /** Who sent the request, or a 401. Writes with a ticket need the CSRF token too. */
  identify(method: string, headers: IncomingHttpHeaders): Principal;
  /** `POST access/ticket`. */
  login(parameters: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

export interface AuthenticationOptions {
  readonly access: AccessBook;
  readonly nowS: () => number;
  readonly ticketTtlS: number;
}

export function createAuthentication({ access, nowS, ticketTtlS }: AuthenticationOptions): Authentication {
  const byId = access.users;
  const tickets = createTicketOffice(nowS, ticketTtlS);

  function byToken(header: string): Principal {
    const match = /^PVEAPIToken=([^!]+)!([^=]+)=(.*)$/.exec(header);
    const [, userid = '', name = '', value = ''] = match ?? [];
    const user = byId.get(userid);
    const token = user?.tokens?.find((candidate) => candidate.name === name);
    // Whether the user, the token or its value was wrong is not told.
    if (user === undefined || token?.value !== value) throw new Unidentified('Authentication failed!');
    return { user, token, id: `${userid}!${name}` };
  }

  function byTicket(method: string, headers: IncomingHttpHeaders): Principal {
    const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(headers.cookie ?? '')?.[1];
    if (cookie === undefined) throw new Unidentified('No ticket');
    const ticket = decode(cookie);
    if (!ticket.startsWith('PVE:')) throw new Unidentified('Authentication failed!');
    const user = byId.get(tickets.userOf(ticket, 'full') ?? '');
    if (user === undefined) throw new Unidentified('permission denied - invalid PVE ticket');
    const csrf = headers['csrfpreventiontoken'];
    if (method !== 'GET' && !(typeof csrf === 'string' && tickets.isCsrfToken(csrf, user.userid))) {
      throw new Unidentified('Permission denied - invalid csrf token');
    }
    return { user, id: user.userid };
  }

  function passes(user: SimulatedUser, password: string, challenge: unknown): boolean {
    if (typeof challenge === 'string') {
      return tickets.userOf(challenge, 'partial') === user.userid && password === `totp:${TOTP_CODE}`;
    }
    return password === user.password || tickets.userOf(password, 'full') === user.userid;
  }

  return {
    identify(method, headers) {
      const header = headers.authorization;
      return header?.startsWith('PVEAPIToken=') === true ? byToken(header) : byTicket(method, headers);
    },
    login(parameters) {
      const realm = parameters['realm'];
      const name = String(parameters['username']);
      const userid = typeof realm === 'string' && !name.includes('@') ? `${name}@${realm}` : name;
      const user = byId.get(userid);
      const password = String(parameters['password']);
      const challenge = parameters['tfa-challenge'];
      if (user === undefined || !passes(user, password, challenge)) throw new ApiError(401, 'authentication failure');
      const secondStep = challenge !== undefined || tickets.userOf(password, 'full') !== undefined;
      if (user.needsTfa === true && !secondStep) {
        return { username: userid, ticket: tickets.issuePartial(userid), NeedTFA: 1 };
      }
      const { ticket, csrfToken } = tickets.issue(userid);
      const cap = capabilities(permissionsOf({ user, id: userid }, access).table());
      return { username: userid, ticket, CSRFPreventionToken: csrfToken, cap };
    },
  };
}

/** What the web interface greys out: the privileges by area. */
function capabilities(table: Record<string, Record<string, 0 | 1>>): Record<string, Record<string, 0 | 1>> {
  const area = (path: string): Record<string, 0 | 1> => table[path] ?? {};
  return {
    access: area('/access'),
    dc: area('/'),
    nodes: area('/nodes'),
    storage: area('/storage'),
    vms: area('/vms'),
  };
}

/** As it is, or percent-encoded from its first character on: only then Proxmox decodes it. */
function decode(text: string): string {
  if (!text.startsWith('PVE%3A')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Broken encoding is no ticket of ours; the caller answers 401.
    return '';
  }
}
