import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Issues and checks tickets and CSRF tokens, signed with a key that lives as long as the simulator. */
export interface TicketOffice {
  issue(userid: string): { readonly ticket: string; readonly csrfToken: string };
  /** A ticket that is only good for the second login step. */
  issuePartial(userid: string): string;
  /** The user of a valid, unexpired ticket; undefined otherwise. Partial tickets pass only when asked for. */
  userOf(ticket: string, kind: 'full' | 'partial'): string | undefined;
  isCsrfToken(csrfToken: string, userid: string): boolean;
}

export function createTicketOffice(nowS: () => number, ttlS: number): TicketOffice {
  const key = randomBytes(32);
  const signature = (text: string): string => createHmac('sha256', key).update(text).digest('base64');
  const stamp = (): string => Math.floor(nowS()).toString(16).toUpperCase().padStart(8, '0');
  const fresh = (hex: string): boolean => {
    const age = nowS() - Number.parseInt(hex, 16);
    return age >= -300 && age <= ttlS;
  };

  function makeTicket(userid: string, partial: boolean): string {
    const plain = `PVE:${partial ? '!tfa!' : ''}${userid}:${stamp()}`;
    return `${plain}::${signature(plain)}`;
  }

  return {
    issue(userid) {
      const time = stamp();
      return { ticket: makeTicket(userid, false), csrfToken: `${time}:${signature(`csrf:${time}:${userid}`)}` };
    },
    issuePartial: (userid) => makeTicket(userid, true),
    userOf(ticket, kind) {
      const match = /^(PVE:(!tfa!)?([^:]+):([0-9A-F]{8}))::(.+)$/.exec(ticket);
      if (match === null) return undefined;
      const [, plain = '', partial, userid = '', time = '', signed = ''] = match;
      const rightKind = (partial !== undefined) === (kind === 'partial');
      return rightKind && fresh(time) && equal(signed, signature(plain)) ? userid : undefined;
    },
    isCsrfToken(csrfToken, userid) {
      const colon = csrfToken.indexOf(':');
      const time = csrfToken.slice(0, Math.max(colon, 0));
      return fresh(time) && equal(csrfToken.slice(colon + 1), signature(`csrf:${time}:${userid}`));
    },
  };
}

function equal(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
