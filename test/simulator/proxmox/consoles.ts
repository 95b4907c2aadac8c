/**
 * Consoles as Proxmox gives them: a ticket by `vncproxy` or `termproxy`, and the WebSocket that it opens. The terminal echoes what is
 * typed, the screen what a client sends after the handshake. From pve-manager's `vncwebsocket`, termproxy and RFC 6143.
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { GuestKind } from '../estate/index.js';

export type ConsoleKind = 'vnc' | 'term';

/** A console, and what came of it: for tests. */
export interface SimulatedConsole {
  readonly kind: ConsoleKind;
  readonly vmid: number;
  readonly user: string;
  readonly ticket: string;
  readonly port: number;
  /** Below `/api2/json`. */
  readonly base: string;
  isOpen: boolean;
  hasEnded: boolean;
  typed: string;
  /** Columns and rows. */
  size: string;
  keepalives: number;
  socket?: WebSocket;
}

/** Who sent a request; throws when nobody knows. */
type Identify = (method: string, headers: IncomingHttpHeaders) => { readonly id: string };

export interface ConsoleOffice {
  readonly all: readonly SimulatedConsole[];
  issue(
    kind: ConsoleKind,
    of: { readonly type: GuestKind; readonly vmid: number; readonly node: string; readonly user: string },
  ): {
    readonly port: string;
    readonly ticket: string;
    readonly user: string;
    readonly cert: string;
  };
  /** Serves upgrades of the server. */
  attach(server: Server, identify: Identify): void;
  close(): void;
}

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
};

/** DES with the first eight characters, their bits mirrored. */
function expectedAnswer(challenge: Buffer, ticket: string): Buffer {
  const key = [...Buffer.from(ticket.slice(0, 8).padEnd(8, '\0'), 'latin1')].map((byte) =>
    [7, 6, 5, 4, 3, 2, 1, 0].reduce((bits, n) => bits | (((byte >> n) & 1) << (7 - n)), 0),
  );
  const des = createCipheriv('des-ede3-ecb', Buffer.from([...key, ...key, ...key]), null).setAutoPadding(false);
  return des.update(challenge);
}

/** Reads byte by byte whatever the frames are. */
function reader(socket: WebSocket): (length: number) => Promise<Buffer> {
  let held = Buffer.alloc(0);
  let wake = (): void => undefined;
  socket.on('message', (data) => {
    held = Buffer.concat([held, bytesOf(data)]);
    wake();
  });
  return async (length) => {
    while (held.length < length) await new Promise<void>((resolve) => (wake = resolve));
    const bytes = held.subarray(0, length);
    held = held.subarray(length);
    return bytes;
  };
}

async function serveScreen(socket: WebSocket, state: SimulatedConsole): Promise<void> {
  const read = reader(socket);
  socket.send(Buffer.from('RFB 003.008\n'));
  await read(12);
  socket.send(Buffer.from([1, 2]));
  await read(1);
  const challenge = randomBytes(16);
  socket.send(challenge);
  const isRight = (await read(16)).equals(expectedAnswer(challenge, state.ticket));
  socket.send(Buffer.from([0, 0, 0, isRight ? 0 : 1]));
  if (!isRight) return socket.close();
  state.isOpen = true;
  for (;;) socket.send(await read(1));
}

function serveTerminal(socket: WebSocket, state: SimulatedConsole): void {
  socket.on('message', (data) => {
    const text = bytesOf(data).toString('utf8');
    if (!state.isOpen) {
      if (text !== `${state.user}:${state.ticket}\n`) return socket.close();
      state.isOpen = true;
      // The prompt may come along with the answer.
      return socket.send('OKlogin: ');
    }
    const [, length, input] = /^0:(\d+):(.*)$/s.exec(text) ?? [];
    const [, columns, rows] = /^1:(\d+):(\d+):$/.exec(text) ?? [];
    if (input !== undefined && Number(length) === Buffer.byteLength(input)) {
      state.typed += input;
      return socket.send(Buffer.from(input));
    }
    if (columns !== undefined) state.size = `${columns}x${rows}`;
    else if (text === '2') state.keepalives += 1;
    else socket.close(1002, `unknown frame ${JSON.stringify(text)}`);
    return undefined;
  });
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

export function createConsoleOffice(): ConsoleOffice {
  const all: SimulatedConsole[] = [];
  const sockets = new WebSocketServer({ noServer: true });

  function openFor(request: IncomingMessage, identify: Identify): SimulatedConsole | string {
    let user: string;
    try {
      user = identify('GET', request.headers).id;
    } catch {
      return '401 No ticket';
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    const found = all.find(
      ({ base, ticket, port }) =>
        pathname === `/api2/json${base}/vncwebsocket` &&
        ticket === searchParams.get('vncticket') &&
        String(port) === searchParams.get('port'),
    );
    return found?.user === user && !found.isOpen ? found : '401 Permission check failed (invalid PVEVNC ticket)';
  }

  return {
    all,
    issue: (kind, { type, vmid, node, user }) => {
      const ticket = `PVEVNC:${randomBytes(4).toString('hex').toUpperCase()}::${randomBytes(60).toString('base64')}`;
      const port = 5900 + all.length;
      const base = `/nodes/${node}/${type}/${vmid}`;
      const nothing = { isOpen: false, hasEnded: false, typed: '', size: '', keepalives: 0 };
      all.push({ kind, vmid, user, ticket, port, base, ...nothing });
      return { port: String(port), ticket, user, cert: '' };
    },
    attach: (server, identify) => {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const state = openFor(request, identify);
        if (typeof state === 'string') return refuse(socket, state);
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          state.socket = webSocket;
          webSocket.on('close', () => (state.hasEnded = true));
          if (state.kind === 'vnc') void serveScreen(webSocket, state);
          else serveTerminal(webSocket, state);
        });
      });
    },
    close: () => sockets.clients.forEach((client) => client.terminate()),
  };
}
