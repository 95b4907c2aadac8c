/** Finds out whether a port speaks TLS: one handshake, no request, no credentials. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { TlsProbe } from '../endpoints/netbox-url.js';

const probeTimeoutMs = 3_000;

/**
 * What OpenSSL says when the first bytes of an answer are no TLS record. Every other failure tells nothing (nobody there,
 * the connection was cut) or is itself TLS (an alert), and must not be taken for clear text.
 */
const notTls = /wrong version number|http request|packet length too long|unknown protocol|record layer failure/i;

function verdictOf(error: Error): 'tls' | 'plain' | 'unreachable' {
  if (notTls.test(error.message)) return 'plain';
  return /\balert\b/i.test(error.message) ? 'tls' : 'unreachable';
}

/** Answers within 3 s, whatever the certificate; never rejects. */
export const probeTls: TlsProbe = (host, port) =>
  new Promise((resolve) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    // The certificate does not matter here: nothing is sent over this connection.
    const socket = connect({ host, port, rejectUnauthorized: false, ...servername });
    const timer = setTimeout(() => settle('unreachable'), probeTimeoutMs);
    const settle = (verdict: 'tls' | 'plain' | 'unreachable'): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(verdict);
    };
    socket.once('secureConnect', () => settle('tls'));
    socket.on('error', (error: Error) => settle(verdictOf(error)));
    socket.once('close', () => settle('unreachable'));
  });
