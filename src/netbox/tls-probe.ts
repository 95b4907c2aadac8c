/** Finds out whether a port speaks TLS: one handshake, no request, no credentials. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';

const probeTimeoutMs = 3_000;

/** True when the handshake succeeds within 3 s, whatever the certificate; never throws. */
export function speaksTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const bare = host.replace(/^\[|\]$/g, '');
    const servername = isIP(bare) === 0 ? { servername: bare } : {};
    // The certificate does not matter here: nothing is sent over this connection.
    const socket = connect({ host: bare, port, rejectUnauthorized: false, ...servername });
    const timer = setTimeout(() => settle(false), probeTimeoutMs);
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.once('secureConnect', () => settle(true));
    socket.on('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
