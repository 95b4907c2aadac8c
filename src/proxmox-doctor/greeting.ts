/** Looks at the certificate of a host: one TLS handshake, nothing is sent over it. */
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { HostPort } from '../proxmox/host.js';
import { toFailure } from '../transport/failures.js';
import { trust } from '../transport/trust.js';
import type { Certificate, Greeting } from './types.js';

export interface GreetOptions {
  /** PEM text of an additional CA bundle. */
  readonly ca?: string;
  readonly timeoutMs: number;
}

/** Never rejects. */
export async function greet(target: HostPort, { ca, timeoutMs }: GreetOptions): Promise<Greeting> {
  const origin = `${target.host}:${target.port}`;
  return new Promise((resolve) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      // Certificates that are not accepted are what is looked at here; no credentials are sent.
      rejectUnauthorized: false,
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      ...trust(ca),
    });
    const settle = (greeting: Greeting): void => {
      socket.destroy();
      resolve(greeting);
    };
    socket.setTimeout(timeoutMs, () =>
      settle({ kind: 'unreachable', reason: `${origin}: timed out (${Math.round(timeoutMs / 1000)} s)` }),
    );
    socket.once('secureConnect', () => settle({ kind: 'tls', certificate: certificateOf(socket, target) }));
    socket.on('error', (error) => {
      const { kind, message } = toFailure(error, origin, 'connecting');
      settle({ kind: kind === 'tls' ? 'not_tls' : 'unreachable', reason: message });
    });
  });
}

function certificateOf(socket: TLSSocket, { host }: HostPort): Certificate {
  const peer = socket.getPeerCertificate();
  return {
    subject: nameOf(peer.subject),
    issuer: nameOf(peer.issuer),
    names: namesOf(peer),
    validFrom: new Date(peer.valid_from),
    validTo: new Date(peer.valid_to),
    isSelfSigned: JSON.stringify(peer.subject) === JSON.stringify(peer.issuer),
    isTrusted: socket.authorized,
    isForHost: checkServerIdentity(host, peer) === undefined,
    fingerprint: peer.fingerprint256,
  };
}

function nameOf(name: PeerCertificate['subject']): string {
  const text: unknown = name.CN;
  return typeof text === 'string' ? text : '';
}

/** `DNS:pve1.lab, IP Address:10.0.0.10`. */
function namesOf({ subjectaltname = '' }: PeerCertificate): readonly string[] {
  return subjectaltname
    .split(',')
    .map((entry) => entry.slice(entry.indexOf(':') + 1).trim())
    .filter((entry) => entry !== '');
}
