/**
 * Consoles as Proxmox gives them: a ticket by `vncproxy` or `termproxy`, and the WebSocket that it opens. The terminal echoes what is
 * typed, the screen is a small blue one that takes down what keys are pressed. From pve-manager's `vncwebsocket`, termproxy and RFC 6143.
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
  await read(1);
  socket.send(serverInit(`guest ${state.vmid}`));
  for (;;) await serveMessage(socket, state, read);
}

const side = 64;

/** Size, four bytes a pixel, true colour, the name (RFC 6143, 7.3.2 and 7.4). */
function serverInit(name: string): Buffer {
  const init = Buffer.alloc(24);
  init.writeUInt16BE(side, 0);
  init.writeUInt16BE(side, 2);
  Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0]).copy(init, 4);
  init.writeUInt32BE(name.length, 20);
  return Buffer.concat([init, Buffer.from(name)]);
}

/** One rectangle of raw pixels (RFC 6143, 7.6.1 and 7.7.1). */
function blueScreen(): Buffer {
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, side, 0, side, 0, 0, 0, 0]);
  return Buffer.concat([head, Buffer.alloc(side * side * 4, Buffer.from([255, 0, 0, 0]))]);
}

/** Of a client (RFC 6143, 7.5). */
async function serveMessage(
  socket: WebSocket,
  state: SimulatedConsole,
  read: (length: number) => Promise<Buffer>,
): Promise<void> {
  const [type] = await read(1);
  if (type === 0) await read(19);
  else if (type === 2) await read(4 * (await read(3)).readUInt16BE(1));
  else if (type === 3) {
    const [isIncremental] = await read(9);
    if (isIncremental === 0) socket.send(blueScreen());
  } else if (type === 4) {
    const key = await read(7);
    if (key[0] === 1) state.typed += String.fromCodePoint(key.readUInt32BE(3));
  } else if (type === 5) await read(5);
  else if (type === 6) await read((await read(7)).readUInt32BE(3));
  else socket.close(1002, `unknown message ${type}`);
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
