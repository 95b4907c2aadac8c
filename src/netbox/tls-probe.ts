/** Finds out whether a port speaks TLS or HTTP in clear text: at most two connections, no credentials. */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsProbe } from '../endpoints/netbox-url.js';

const probeTimeoutMs = 3_000;
/** After this silence a port is asked in clear text as well. */
const silenceMs = 1_000;

/**
 * What OpenSSL says when the first bytes of an answer are no TLS record. Every other failure tells nothing (nobody there,
 * the connection was cut) or is itself TLS (an alert), and must not be taken for clear text.
 */
const notTls = /wrong version number|http request|packet length too long|unknown protocol|record layer failure/i;

type Verdict = 'tls' | 'plain' | 'unreachable';

function verdictOf(error: Error): Verdict {
  if (notTls.test(error.message)) return 'plain';
  return /\balert\b/i.test(error.message) ? 'tls' : 'unreachable';
}

function handshake(host: string, port: number, tell: (verdict: Verdict) => void): Socket {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  // The certificate does not matter here: nothing is sent over this connection.
  const socket = connectTls({ host, port, rejectUnauthorized: false, ...servername });
  socket.once('secureConnect', () => tell('tls'));
  socket.on('error', (error: Error) => tell(verdictOf(error)));
  return socket;
}

/** Some servers (gunicorn) say nothing to a TLS greeting and wait for a line: a request for nothing makes them answer. */
function greeting(host: string, port: number, onHttp: () => void): Socket {
  const socket = connectPlain({ host, port });
  socket.once('connect', () => socket.write('HEAD / HTTP/1.0\r\n\r\n'));
  socket.once('data', (answer) => {
    if (answer.toString('latin1').startsWith('HTTP/')) onHttp();
  });
  socket.on('error', () => undefined);
  return socket;
}

/** Answers within 3 s, whatever the certificate; never rejects. */
export const probeTls: TlsProbe = (host, port) =>
  new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    const sockets: Socket[] = [];
    const settle = (verdict: Verdict): void => {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      resolve(verdict);
    };
    timers.push(setTimeout(() => settle('unreachable'), probeTimeoutMs));
    timers.push(setTimeout(() => sockets.push(greeting(host, port, () => settle('plain'))), silenceMs));
    sockets.push(handshake(host, port, settle));
  });
