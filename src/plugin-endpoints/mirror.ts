/**
 * Keeps `allow_writes` of the stored endpoints as the switch on the plugin's page says, beside what each run takes over. All
 * endpoints are looked at with one list request. Whatever goes wrong changes nothing and is tried again at the next time.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { EndpointChange } from '../endpoints/endpoint-changes.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, toProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxClient } from '../netbox/types.js';
import { pluginEndpointsPath } from './netbox-source.js';
import { takeOver, type MirrorPlugin } from './take-over.js';

export interface PluginMirror {
  /** From now on until the service stops: every 300 s, and when told below. Before, nothing is read. */
  start(): void;
  /** A row was saved: the plugin pushes inside of its own open transaction, so its row is read after 5 s and 60 s. */
  noticeChange(change: Pick<EndpointChange, 'kind'>): void;
  /** A write was refused because `allow_writes` is off: read at once, at most every 10 s for one endpoint. */
  noticeRefusal(endpointId: number): void;
}

export interface PluginMirrorDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'debug'>;
  /** Aborted when the service stops. */
  readonly signal: AbortSignal;
  readonly netboxClient: () => Promise<NetBoxClient>;
  readonly stored: () => readonly ProxmoxEndpoint[];
  readonly mirrorPlugin: MirrorPlugin;
}

const changeDelaysMs = [5_000, 60_000] as const;
const intervalMs = 300_000;
const refusalIntervalMs = 10_000;
const budgetMs = 30_000;
/** Reads that are due within one of these share a request. */
const roundingMs = 1_000;

async function readRows(deps: PluginMirrorDeps): Promise<void> {
  if (deps.stored().length === 0) return;
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(budgetMs)]);
  const client = (await deps.netboxClient()).scoped({ signal });
  if (!(await client.capabilities()).proxboxPlugin) return;
  const rows = await client.list(pluginEndpointsPath, {}, { cache: 'bypass' });
  for (const endpoint of deps.stored()) takeOver(endpoint, rows, deps.mirrorPlugin);
}

/** Answers a function that reads; asked while a read is under way it reads once more, as that one may be too old. */
function createReader(deps: PluginMirrorDeps): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    try {
      await readRows(deps);
    } catch (error) {
      const { code } = toProxboxError(error);
      deps.logger.debug({ code, reason: errorText(error) }, "The plugin's Proxmox endpoints could not be read.");
    }
  };
  const begin = (): Promise<void> => {
    next = undefined;
    running = read().finally(() => (running = undefined));
    return running;
  };
  return () => {
    if (running === undefined) return begin();
    next ??= running.then(begin);
    return next;
  };
}

export function createPluginMirror(deps: PluginMirrorDeps): PluginMirror {
  const { clock, signal } = deps;
  const read = createReader(deps);
  const due = new Set<number>();
  const refusedAtMs = new Map<number, number>();
  let isStarted = false;

  /** False when the service stopped meanwhile. */
  const wait = async (ms: number): Promise<boolean> => {
    await clock.sleep(ms, signal, { isBackground: true }).catch(() => undefined);
    return !signal.aborted;
  };
  const readAfter = async (ms: number): Promise<void> => {
    const nowMs = clock.monotonicMs();
    const atMs = Math.ceil((nowMs + ms) / roundingMs) * roundingMs;
    if (due.has(atMs)) return;
    due.add(atMs);
    const goesOn = await wait(atMs - nowMs);
    due.delete(atMs);
    if (goesOn) await read();
  };
  const readRegularly = async (): Promise<void> => {
    while (await wait(intervalMs)) await read();
  };

  return {
    start() {
      if (isStarted) return;
      isStarted = true;
      void readRegularly();
    },
    noticeChange({ kind }) {
      if (!isStarted || kind === 'deleted') return;
      for (const delayMs of changeDelaysMs) void readAfter(delayMs);
    },
    noticeRefusal(endpointId) {
      const nowMs = clock.monotonicMs();
      const isTooSoon = nowMs - (refusedAtMs.get(endpointId) ?? Number.NEGATIVE_INFINITY) < refusalIntervalMs;
      if (!isStarted || isTooSoon) return;
      refusedAtMs.set(endpointId, nowMs);
      void read();
    },
  };
}
