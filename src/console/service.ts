/**
 * Consoles of guests in a browser. A page that may open one is given a token that works once; with it the page connects, and only
 * then Proxmox is asked, because it waits for nobody longer than ten seconds. Proxmox's ticket and account stay here.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { ConfirmWrites, ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { toNumber, toText } from '../proxmox/parse/coerce.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { isObject } from '../values/plain-object.js';
import { locateGuest, openVerbSession, type LocateDeps } from '../verbs/locate.js';
import type { VerbService } from '../verbs/service.js';
import type { GuestPlace } from '../verbs/types.js';
import { readBytes, type Socket } from './byte-stream.js';
import { asItIs, relay, type RelayEnd, type Translation } from './relay.js';
import { letIn, logIn } from './rfb.js';
import { accepted, greeting, keepalive, keepaliveMs, toPage, toTermproxy } from './terminal.js';
import { createConsoleTickets, type ConsoleTicket, type ConsoleWish } from './tickets.js';

export interface ConsoleDeps extends LocateDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'find' | 'credentials'>;
  readonly verbs: Pick<VerbService, 'record'>;
  readonly confirmWrites: ConfirmWrites;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

/** A console that is asked for, behind the gate. */
export interface ConsoleRequest extends Omit<ConsoleWish, 'endpointId'> {
  readonly endpoint: ProxmoxEndpoint;
  readonly actor: string;
}

export interface ConsoleService {
  /** @throws ProxboxError as a verb does before it is sent; `console_busy` */
  request(asked: ConsoleRequest): Promise<ConsoleTicket>;
  /** Serves a page until the console ends. Never throws; the browser's socket is closed in the end. */
  serve(browser: Socket, shown: { readonly token: string; readonly origin: string }): Promise<void>;
  /** How many are open now. */
  openCount(): number;
}

/** Consoles that are open at once, of all pages. */
const mostOpen = 32;
/** Milliseconds without a message, and from the beginning to the end at most. */
const idleMs = 300_000;
const longestMs = 8 * 3_600_000;

/** Of the closing handshake (RFC 6455, 7.4.1); the page of the plugin tells these apart. */
const closed = {
  normal: 1000,
  stopping: 1001,
  rejected: 1008,
  failed: 1011,
  busy: 1013,
} as const;

export function createConsole(deps: ConsoleDeps): ConsoleService {
  const tickets = createConsoleTickets(deps.clock);
  let open = 0;
  return {
    openCount: () => open,
    request: async ({ endpoint, actor, ...wish }) => {
      const place = await locateGuest(await openVerbSession({ endpoint, endpointId: endpoint.id }, deps), wish);
      let ticket: ConsoleTicket | undefined;
      const operation = `console (${wish.kind})`;
      await deps.verbs.record({ endpoint, actor, operation, place }, async () => {
        ticket = tickets.issue({ ...wish, endpointId: endpoint.id });
      });
      if (ticket === undefined) throw new ProxboxError('internal', 'A console was recorded and not issued.');
      logSecurityEvent(
        deps.logger,
        { event: 'console', kind: wish.kind, endpointId: endpoint.id, vmid: wish.vmid },
        actor,
      );
      return ticket;
    },
    serve: async (browser, { token, origin }) => {
      browser.pause();
      browser.on('error', () => undefined);
      const wish = tickets.redeem(token, origin);
      if (wish === undefined) return end(browser, closed.rejected, 'Browser console session rejected.');
      if (open >= mostOpen) return end(browser, closed.busy, 'Too many consoles are open.');
      open += 1;
      try {
        await serveWish(browser, wish, deps);
      } catch (error) {
        const { endpointId, vmid, kind } = wish;
        deps.logger.warn({ endpointId, vmid, kind }, `A console could not be opened: ${errorText(error)}`);
        end(browser, closed.failed, 'Console stream unavailable.');
      } finally {
        open -= 1;
      }
      return undefined;
    },
  };
}

/** A paused socket would not see the answer of the other side, and wait for it. */
function end(socket: Socket, code: number, reason = ''): void {
  socket.resume();
  socket.close(code, reason);
}

async function serveWish(browser: Socket, wish: ConsoleWish, deps: ConsoleDeps): Promise<void> {
  const endpoint = deps.proxmoxEndpoints.find(wish.endpointId);
  if (endpoint === null || !endpoint.enabled || !endpoint.allowWrites)
    throw new ProxboxError('endpoint_writes_disabled', 'The endpoint is gone, disabled, or may not be written to.');
  await deps.confirmWrites(endpoint);
  const over = new AbortController();
  const signal = AbortSignal.any([deps.stopping, over.signal]);
  browser.once('close', () => over.abort());
  const place = await locateGuest(await openVerbSession({ endpoint, endpointId: endpoint.id }, deps), wish);
  const proxy = await openProxy(place, wish.kind, signal);
  const { proxmox } = proxy;
  try {
    const translation = wish.kind === 'novnc' ? await joinScreen(browser, proxy) : await joinTerminal(browser, proxy);
    const beating = wish.kind === 'term' ? keepAlive(proxmox, deps.clock, signal) : undefined;
    const ended = await relay(browser, proxmox, { ...translation, ...deps, idleMs, longestMs });
    over.abort();
    await beating;
    end(browser, ended === 'stopping' ? closed.stopping : closed.normal, endTexts[ended]);
  } finally {
    end(proxmox, closed.normal);
  }
}

const endTexts = {
  browser: '',
  proxmox: 'The console of the guest has ended.',
  idle: 'Nothing was said for five minutes.',
  'too long': 'A console lasts at most eight hours.',
  stopping: 'The service stops.',
} as const satisfies Record<RelayEnd, string>;

interface Proxy {
  readonly proxmox: Socket;
  readonly user: string;
  /** A secret: it opens the console for whoever has it. */
  readonly ticket: string;
}

/** A proxy of Proxmox for one console, and the connection to it. */
async function openProxy(
  { session, path }: GuestPlace,
  kind: ConsoleWish['kind'],
  signal: AbortSignal,
): Promise<Proxy> {
  const begun =
    kind === 'novnc'
      ? await session.write('POST', `${path}/vncproxy`, { websocket: 1 }, { signal })
      : await session.write('POST', `${path}/termproxy`, {}, { signal });
  const { user, ticket, port } = isObject(begun) ? begun : {};
  const [userText, ticketText, portNumber] = [toText(user), toText(ticket), toNumber(port)];
  if (userText === null || ticketText === null || portNumber === null)
    throw new ProxboxError('remote_protocol', 'Proxmox began a console without naming its port, user and ticket.');
  const query = { port: portNumber, vncticket: ticketText };
  const proxmox = await session.openSocket(`${path}/vncwebsocket`, query, { signal });
  return { proxmox, user: userText, ticket: ticketText };
}

/** Both handshakes; what came after them is sent on. */
async function joinScreen(browser: Socket, { proxmox, ticket }: Proxy): Promise<Translation> {
  const [theirs, ours] = [readBytes(proxmox), readBytes(browser)];
  await logIn(theirs, ticket);
  await letIn(ours);
  const [fromProxmox, fromBrowser] = [theirs.release(), ours.release()];
  if (fromProxmox.length > 0) browser.send(fromProxmox);
  if (fromBrowser.length > 0) proxmox.send(fromBrowser);
  return asItIs;
}

async function joinTerminal(browser: Socket, { proxmox, user, ticket }: Proxy): Promise<Translation> {
  const theirs = readBytes(proxmox);
  proxmox.send(greeting(user, ticket));
  const said = await theirs.read(accepted.length);
  if (!said.equals(accepted)) throw new ProxboxError('remote_protocol', 'Proxmox did not accept its own ticket.');
  const output = theirs.release();
  if (output.length > 0) browser.send(toPage(output));
  return { fromBrowser: (data) => toTermproxy(data.toString('utf8')), fromProxmox: toPage };
}

/** Ends with the signal. */
async function keepAlive(proxmox: Socket, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(keepaliveMs, signal);
      proxmox.send(keepalive);
    }
  } catch {
    // The console has ended.
  }
}
