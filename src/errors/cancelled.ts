/** The error of work that its AbortSignal ended; a ProxboxError given as the signal's reason is passed on. */
import { ProxboxError } from './proxbox-error.js';

export function cancelledError(signal: AbortSignal | undefined): ProxboxError {
  const reason: unknown = signal?.reason;
  if (reason instanceof ProxboxError) return reason;
  return new ProxboxError('cancelled', 'The request was cancelled.', {
    detail: 'cancelled: the client went away, the run was stopped, or the service is shutting down.',
    cause: reason,
  });
}
