/** Runs that are answered when they have ended, or as soon as they have begun. */
import type { FastifyBaseLogger, FastifyReply } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../../errors/proxbox-error.js';
import { failedCount } from '../../../sync/json-result.js';
import type { RunSummary } from '../../../sync/run-finish.js';
import type { PreparedRun } from '../../../sync/service.js';
import { untilEnded } from '../../../sync/until-ended.js';
import { answers, foreignRows } from '../../route-document.js';

/** A dry run of these is a run without writes. */
export const previews = { previews: true } as const;
/** The NetBox objects that are now as they should be, or counters. */
export const objects = { ...previews, ...answers(z.union([foreignRows, z.looseObject({})])) };

export const clientGone = (): ProxboxError => new ProxboxError('cancelled', 'The client closed the connection.');

/** Runs to the end and answers with what it did; the run stops when the client goes away. */
export async function runToEnd(prepared: PreparedRun, reply: FastifyReply): Promise<RunSummary> {
  const abort = new AbortController();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) abort.abort(clientGone());
  };
  reply.raw.once('close', onClose);
  reply.header('x-proxbox-run-id', prepared.runId);
  try {
    const summary = await untilEnded(prepared.start(abort));
    reply.header('x-proxbox-status', summary.status);
    if (summary.error !== undefined) throw summary.error;
    return summary;
  } finally {
    reply.raw.off('close', onClose);
  }
}

/** Arrays keep their shape also when some objects failed; the count, like the status, is in a header. */
export function withFailures(reply: FastifyReply, summary: RunSummary): FastifyReply {
  const failed = failedCount(summary);
  return failed === 0 ? reply : reply.header('x-proxbox-failed', String(failed));
}

export const Begun = z.object({ id: z.string(), status: z.literal('running') });

/** Begins a run that goes on by itself, whoever asked for it; what it comes to is in the ledger. */
export function begin(prepared: PreparedRun, logger: FastifyBaseLogger): z.infer<typeof Begun> {
  const { runId } = prepared;
  untilEnded(prepared.start(new AbortController())).catch((error: unknown) =>
    logger.error({ runId, err: error }, 'A run that nobody waits for broke off.'),
  );
  return { id: runId, status: 'running' };
}
