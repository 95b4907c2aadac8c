/** Counts the requests that leave this service, and what became of them. */
import type { Clock } from '../config/clock.js';
import type { OpenPool } from '../transport/lasting-transports.js';
import type { Metrics } from './registry.js';

export type Side = 'netbox' | 'proxmox';

/** The same transports, counted. */
export function measuredTransports(
  open: OpenPool,
  side: Side,
  { clock, metrics }: { readonly clock: Pick<Clock, 'monotonicMs'>; readonly metrics: Metrics },
): OpenPool {
  return (options) => {
    const transport = open(options);
    return {
      ...transport,
      send: async (request) => {
        const startedMs = clock.monotonicMs();
        const result = await transport.send(request);
        const { method } = request;
        const status = result.ok ? String(result.response.status) : result.failure.kind;
        metrics.requests.inc({ side, method, status });
        metrics.requestSeconds.observe({ side, method }, (clock.monotonicMs() - startedMs) / 1000);
        return result;
      },
    };
  };
}

/** For a client that tells of every repetition how long it waits for it. */
export function countBackoff(metrics: Metrics, side: Side): (delayMs: number) => void {
  return (delayMs) => {
    metrics.retries.inc({ side });
    metrics.waits.inc({ side }, delayMs / 1000);
  };
}
