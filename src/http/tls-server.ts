/** A server that speaks TLS, and answers who speaks plain HTTP to it with what to do instead. */
import type { Server as HttpServer } from 'node:http';
import type { Server as TlsServer } from 'node:tls';
import type { Socket } from 'node:net';

/** PEM. */
interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Of `https.createServer`. Older versions are of no client that is still served (RFC 8996). */
export function tlsOptions({ cert, key }: Certificate) {
  return { cert, key, minVersion: 'TLSv1.2' } as const;
}

/** The first byte of a TLS record that holds a handshake (RFC 8446, 5.1). */
export const handshake = 0x16;

/** The plugin knows `error` and shows `detail`, as it does of the Python service. */
const body = JSON.stringify({
  error: 'plain_http_on_https_port',
  detail:
    'This port speaks HTTPS only. Use an address that begins with https://; in the plugin, switch HTTPS on in the FastAPI endpoint, and switch its verification off where the certificate is not signed by an authority that NetBox trusts.',
});
const answer = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

/** Milliseconds within which a client has to begin; the server's own limits begin after that. */
const silenceMs = 15_000;

/** Looks at the first byte of each connection of a server that was made with `tlsOptions`. */
export function answerPlainHttp(server: HttpServer | TlsServer, stopping: AbortSignal): void {
  const accept = server.listeners('connection');
  const silent = new Set<Socket>();
  stopping.addEventListener('abort', () => silent.forEach((socket) => socket.destroy()));
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const giveUp = (): void => void socket.destroy();
    silent.add(socket);
    socket.setTimeout(silenceMs).once('timeout', giveUp).once('error', giveUp);
    socket.once('close', () => silent.delete(socket));
    socket.once('data', (first: Buffer) => {
      socket.pause();
      silent.delete(socket);
      socket.setTimeout(0).off('timeout', giveUp).off('error', giveUp);
      if (first[0] !== handshake) {
        socket.once('error', giveUp).end(answer, giveUp);
        return;
      }
      socket.unshift(first);
      for (const listener of accept) listener.call(server, socket);
    });
  });
}

/** Connections from now on get the new certificate. */
export function exchangeCertificate(server: HttpServer | TlsServer, certificate: Certificate): void {
  if ('setSecureContext' in server) server.setSecureContext(tlsOptions(certificate));
}
