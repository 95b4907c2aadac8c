/** How much memory the process may take: said at the start, and a run that needs more is ended before the process is. */
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { Logger } from 'pino';
import { ProxboxError } from '../errors/proxbox-error.js';

const megabyte = 1_048_576;
/** Of the limit, room for new objects included: with more in use Node does little but collect, and then ends. */
const mostInUse = 0.8;

const megabytes = (bytes: number): number => Math.round(bytes / megabyte);

/** `memory: container limit 512 MB, heap limit 384 MB`; see src/cli/start.sh for how the one follows from the other. */
export function memoryText(
  containerBytes: number = process.constrainedMemory(),
  heapBytes: number = getHeapStatistics().heap_size_limit,
): string {
  const isLimited = containerBytes > 0 && containerBytes < totalmem();
  const container = isLimited ? `container limit ${megabytes(containerBytes)} MB` : 'no container limit';
  return `memory: ${container}, heap limit ${megabytes(heapBytes)} MB`;
}

/** What was in use after a collection, when that is too much to go on; the error of the runs that are ended for it. */
export function shortage(usedBytes: number, limitBytes: number): ProxboxError | undefined {
  if (usedBytes < limitBytes * mostInUse) return undefined;
  return new ProxboxError('memory_exhausted', 'The memory of the service does not suffice for this run.', {
    detail: `${megabytes(usedBytes)} of ${megabytes(limitBytes)} MB of the heap are in use after a collection. What was written stays written; the next run goes on from there.`,
  });
}

interface MemoryDeps {
  readonly logger: Logger;
  readonly activeRuns: {
    list(): readonly object[];
    abortAll(reason: Error, timeoutMs: number): Promise<void>;
  };
}

const endingMs = 10_000;

/** Looks after every full collection; the answer ends that. */
export function watchMemory({ logger, activeRuns }: MemoryDeps): () => void {
  const observer = new PerformanceObserver((entries) => {
    if (!entries.getEntries().some(isFullCollection) || activeRuns.list().length === 0) return;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const error = shortage(used, limit);
    if (error === undefined) return;
    logger.error({ err: error }, error.message);
    void activeRuns.abortAll(error, endingMs);
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function isFullCollection({ detail }: PerformanceEntry & { readonly detail?: unknown }): boolean {
  const kind: unknown = typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
