/**
 * An orderly end: nothing new is accepted, streams and runs are told to stop, requests in flight get a moment to finish,
 * then everything that was opened is closed.
 */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../config/clock.js';

export interface ShutdownDeps {
  readonly clock: Clock;
  readonly stopping: AbortController;
  readonly close: () => Promise<void>;
}

/** The process gets 10 s in all; closing the database takes far less than the rest. */
const graceMs = 8_000;

export function registerShutdown(app: FastifyInstance, { clock, stopping, close }: ShutdownDeps): void {
  const closed = new AbortController();
  app.addHook('preClose', async () => {
    stopping.abort(new Error('The service stops.'));
    clock.sleep(graceMs, closed.signal).then(
      () => app.server.closeAllConnections(),
      () => undefined,
    );
  });
  // A connection that is kept alive would hold up the end until its time-out.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close');
  });
  app.addHook('onClose', async () => {
    closed.abort();
    await close();
  });
}
