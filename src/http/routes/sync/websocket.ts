/** The WebSocket paths of the older user interface: runs on command, told in the older form of the frames. */
import type { WebsocketHandler } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { errorText, ProxboxError, toProxboxError } from '../../../errors/proxbox-error.js';
import { parseSyncRequest } from '../../../sync/request.js';
import type { Caller } from '../../../sync/run-ledger.js';
import type { PreparedRun, SyncService } from '../../../sync/service.js';
import { devicesStage } from '../../../sync/stages/devices/index.js';
import { virtualMachinesStage } from '../../../sync/stages/virtual-machines/index.js';
import type { App } from '../../app-type.js';
import { askedBy, callerOf } from '../actor.js';
import { keyIn, type Admit } from '../../socket-admission.js';
import { endMarker, legacyObject, type LegacyObject } from '../../stream/legacy-objects.js';
import { createTextSocket, type TextSocket, type TextSocketDeps } from '../../stream/websocket.js';

export interface SocketRouteDeps extends TextSocketDeps {
  readonly sync: Pick<SyncService, 'prepareStage' | 'prepareFullUpdate'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly admit: Admit;
}

/** Of one connection. */
interface Client {
  readonly deps: SocketRouteDeps;
  readonly caller: Caller;
}

interface Command {
  /** As the end marker names it. */
  readonly object: string;
  readonly prepare: (sync: SocketRouteDeps['sync'], caller: Caller) => PreparedRun;
  /** A text that comes first. */
  readonly echo?: string;
}

const normalEnd = 1000;
const serviceStops = 1001;
const cannotServe = 1011;
const tickMs = 2_000;

const wholeRequest = (caller: Caller) => askedBy(caller, parseSyncRequest({}));
const fullUpdate: Command = {
  object: 'full-update',
  prepare: (sync, caller) => sync.prepareFullUpdate(wholeRequest(caller)),
};
const virtualMachines: Command = {
  object: 'virtual_machine',
  prepare: (sync, caller) => sync.prepareStage({ stage: virtualMachinesStage }, wholeRequest(caller)),
};
const nodes: Command = {
  object: 'device',
  prepare: (sync, caller) => sync.prepareStage({ stage: devicesStage }, wholeRequest(caller)),
  echo: 'Sync Nodes',
};
const commands: ReadonlyMap<string, Command> = new Map([
  ['Full Update Sync', fullUpdate],
  ['Full Update', fullUpdate],
  ['Sync Nodes', nodes],
  ['Sync Virtual Machines', virtualMachines],
]);

const sendObject = (socket: TextSocket, object: LegacyObject): Promise<void> => socket.send(JSON.stringify(object));

/** Tells a run frame by frame; the last one is the end marker. The run stops when the client goes away. */
async function tellRun(socket: TextSocket, prepared: PreparedRun, object: string): Promise<void> {
  const abort = new AbortController();
  const onClosed = (): void => abort.abort(new ProxboxError('cancelled', 'The client closed the connection.'));
  if (socket.closed.aborted) return;
  socket.closed.addEventListener('abort', onClosed);
  try {
    for await (const event of prepared.start(abort)) {
      const told = legacyObject(event, object);
      if (told !== undefined) await sendObject(socket, told);
    }
  } finally {
    socket.closed.removeEventListener('abort', onClosed);
  }
}

/** Never throws: a command that fails must not end the connection, and the end marker comes even when nothing else did. */
async function carryOut(
  { deps, caller }: Client,
  socket: TextSocket,
  { object, prepare, echo }: Command,
): Promise<void> {
  if (echo !== undefined) await socket.send(echo);
  try {
    await tellRun(socket, prepare(deps.sync, caller), object);
  } catch (error) {
    const known = toProxboxError(error);
    if (known.code === 'internal') deps.logger.error({ err: known }, 'A command of a WebSocket client failed.');
    const message = errorText(known);
    await sendObject(socket, { object, type: 'error', data: { error: message } });
    await sendObject(socket, endMarker(object, false, { status: 'failed', message, errors: [] }));
  }
}

/** One at a time; the next one is read when the last one has ended. */
async function obeyCommands(client: Client, socket: TextSocket): Promise<void> {
  await socket.send('Connected!');
  await socket.send('Connected 2!');
  for (let text = await socket.read(); text !== undefined; text = await socket.read()) {
    const asked = text.trim();
    const command = commands.get(asked);
    if (command !== undefined) await carryOut(client, socket, command);
    // A client that showed its key in the handshake may do so again, and keys are not repeated.
    else if (keyIn(asked) === undefined) {
      await socket.send(`Invalid command: ${asked.slice(0, 200)}`);
      await socket.send("Valid commands: 'Sync Nodes', 'Sync Virtual Machines', 'Full Update Sync'");
    }
  }
}

async function syncMachinesOnce(client: Client, socket: TextSocket): Promise<void> {
  await socket.send('Connected!');
  try {
    virtualMachines.prepare(client.deps.sync, client.caller);
  } catch (error) {
    if (!(error instanceof ProxboxError && error.code === 'not_configured')) throw error;
    await socket.send(`Error: NetBox session is not available. ${errorText(error)}`);
    socket.close(cannotServe, 'NetBox session is not available.');
    return;
  }
  await carryOut(client, socket, virtualMachines);
}

async function countMessages({ deps: { clock } }: Client, socket: TextSocket): Promise<void> {
  for (let n = 1; !socket.ending.aborted; n += 1) {
    await socket.send(`Message: ${n}`);
    await clock.sleep(tickMs, socket.ending).catch(() => undefined);
  }
}

type Serve = (client: Client, socket: TextSocket) => Promise<void>;
type SocketHandler = (
  ...[socket, request]: readonly [Parameters<WebsocketHandler>[0], FastifyRequest]
) => Promise<void>;

/** Nothing is done for a client before it has shown a key. */
function admitted(deps: SocketRouteDeps, serve: Serve): SocketHandler {
  return async (webSocket, request) => {
    const socket = createTextSocket(webSocket, deps);
    if (!(await deps.admit(socket, request))) return;
    await serve({ deps, caller: callerOf(request) }, socket);
    socket.close(deps.stopping.aborted ? serviceStops : normalEnd);
  };
}

/** For the path `/`, which is a page as well. */
export function messageCounter(deps: SocketRouteDeps): SocketHandler {
  return admitted(deps, countMessages);
}

export function registerSocketRoutes(app: App, deps: SocketRouteDeps): void {
  const paths: readonly (readonly [string, Serve])[] = [
    ['/ws', obeyCommands],
    ['/ws/virtual-machines', syncMachinesOnce],
  ];
  for (const [url, serve] of paths) {
    app.route({
      method: 'GET',
      url,
      config: { isSocket: true, writes: true },
      schema: { hide: true },
      handler: async () => {
        throw new ProxboxError('not_found', 'Not Found');
      },
      wsHandler: admitted(deps, serve),
    });
  }
}
