/** Runs that are answered when they have ended. */
import type { FastifyReply } from 'fastify';
import { ProxboxError } from '../../../errors/proxbox-error.js';
import type { RunSummary } from '../../../sync/run-finish.js';
import type { PreparedRun } from '../../../sync/service.js';

export const clientGone = (): ProxboxError => new ProxboxError('cancelled', 'The client closed the connection.');

/** Runs to the end and answers with what it did; the run stops when the client goes away. */
export async function runToEnd(prepared: PreparedRun, reply: FastifyReply): Promise<RunSummary> {
  const abort = new AbortController();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) abort.abort(clientGone());
  };
  reply.raw.once('close', onClose);
  reply.header('x-proxbox-run-id', prepared.runId);
  const frames = prepared.start(abort);
  try {
    for (;;) {
      const { done, value } = await frames.next();
      if (done !== true) continue;
      reply.header('x-proxbox-status', value.status);
      if (value.error !== undefined) throw value.error;
      return value;
    }
  } finally {
    reply.raw.off('close', onClose);
  }
}
