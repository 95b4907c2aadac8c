/** The web server in front of NetBox, as its installation has one: speaks TLS, serves the collected files, passes on the rest. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

interface Front {
  readonly port: number;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

interface FrontOptions {
  /** Where NetBox's own server answers. */
  readonly netbox: URL;
  /** What `collectstatic` has filled; absent: NetBox's own server serves its files itself. */
  readonly files?: string;
  readonly certificate: { readonly key: string; readonly cert: string };
}

export async function startFront({ netbox, files, certificate }: FrontOptions): Promise<Front> {
  const server = createServer(certificate, (incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    const { pathname } = new URL(url, netbox);
    if (files !== undefined && pathname.startsWith('/static/')) {
      const name = normalize(pathname.slice('/static'.length));
      const file = createReadStream(join(files, name));
      file.once('open', () =>
        outgoing.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' }),
      );
      file.once('error', () => outgoing.writeHead(404).end());
      file.pipe(outgoing);
      return;
    }
    const passed = { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-host': headers.host ?? '' };
    const options = { host: netbox.hostname, port: netbox.port, method, path: url, headers: passed, agent: false };
    const sent = request(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    sent.on('error', () => outgoing.destroy());
    // Who leaves a page that goes on to tell of a job leaves a thread of NetBox, too.
    outgoing.once('close', () => sent.destroy());
    incoming.pipe(sent);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
