/**
 * The runtime settings as the service sees them now. One read of the plugin's settings serves everybody for 300 s; a
 * failed read keeps the last good values for as long as NetBox is silent and is repeated after 30 s at the earliest.
 */
import type { Logger } from 'pino';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { Clock } from './clock.js';
import type { Env } from './env.js';
import { parsePluginSettings } from './plugin-settings.js';
import { resolveTunables } from './resolve.js';
import { tunableKeys } from './tunables.js';
import type { PluginSettings, Provenance, ResolvedSettings, SettingsResolver, Tunables } from './types.js';

const timeToLiveMs = 300_000;
const retryAfterMs = 30_000;
/** For both settings paths of NetBox together. */
const fetchBudgetMs = 10_000;

export interface SettingsResolverDeps {
  readonly env: Pick<Env, 'raw'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The body of the settings answer; rejects when NetBox is not configured or does not answer. */
  readonly fetchPluginSettings: (budgetMs: number) => Promise<unknown>;
  /** Told of every good answer, before anybody gets it. */
  readonly onPlugin?: (plugin: PluginSettings) => void;
}

interface Memory {
  resolved: ResolvedSettings;
  readAtMs: number | null;
  readAt: string;
  failedAtMs: number | null;
  inFlight: Promise<ProxboxError | null> | null;
  isDropped: boolean;
}

/** Replaced as a whole by drop(), so that an answer of the former endpoint lands in a memory nobody reads. */
function emptyMemory(env: SettingsResolverDeps['env']): Memory {
  return {
    resolved: { ...resolveTunables(env.raw, null), plugin: null, pluginState: 'none' },
    readAtMs: null,
    readAt: '',
    failedAtMs: null,
    inFlight: null,
    isDropped: false,
  };
}

function withLastGoodNote(
  provenance: ResolvedSettings['provenance'],
  note: string,
): Readonly<Record<keyof Tunables, Provenance>> {
  const noted = { ...provenance };
  for (const key of tunableKeys) {
    const known = provenance[key];
    if (known.source !== 'plugin') continue;
    noted[key] = { source: 'plugin', note: known.note === undefined ? note : `${known.note}; ${note}` };
  }
  return noted;
}

function keep(memory: Memory, plugin: PluginSettings, { env, clock, logger }: SettingsResolverDeps): void {
  if (memory.failedAtMs !== null) logger.info('Plugin settings are readable again.');
  const before = memory.resolved.plugin?.problems.join() ?? '';
  if (plugin.problems.length > 0 && plugin.problems.join() !== before) {
    logger.warn({ problems: plugin.problems }, 'Some plugin settings cannot be used; these fields are ignored.');
  }
  memory.resolved = { ...resolveTunables(env.raw, plugin.raw), plugin, pluginState: 'fresh' };
  memory.readAtMs = clock.monotonicMs();
  memory.readAt = clock.now().toISOString();
  memory.failedAtMs = null;
}

/** `isExpected`: no NetBox is registered yet, which is how every installation begins. */
function keepLastGood(
  memory: Memory,
  { reason, isExpected }: { readonly reason: string; readonly isExpected: boolean },
  { env, clock, logger }: SettingsResolverDeps,
): void {
  const isFirst = memory.failedAtMs === null;
  memory.failedAtMs = clock.monotonicMs();
  const { plugin } = memory.resolved;
  if (plugin === null) {
    const level = isExpected ? 'debug' : 'warn';
    if (isFirst) logger[level]({ reason }, 'Plugin settings cannot be read; environment and defaults apply.');
    return;
  }
  const { readAt } = memory;
  if (isFirst) logger.warn({ reason, readAt }, 'Plugin settings cannot be read; the last good ones apply.');
  const { values, provenance } = resolveTunables(env.raw, plugin.raw);
  const note = `last good value, read ${readAt}; NetBox does not answer`;
  memory.resolved = { values, provenance: withLastGoodNote(provenance, note), plugin, pluginState: 'last_good' };
}

/** Resolves with why nothing could be read; what was known is kept then. */
async function read(
  memory: Memory,
  fetch: () => Promise<unknown>,
  deps: SettingsResolverDeps,
): Promise<ProxboxError | null> {
  try {
    const plugin = parsePluginSettings(await fetch());
    if (plugin === null) throw noSettingsObject();
    keep(memory, plugin, deps);
    if (!memory.isDropped) deps.onPlugin?.(plugin);
    return null;
  } catch (error) {
    const failure = toProxboxError(error);
    // Who gave up has not learned anything of NetBox.
    if (failure.code !== 'cancelled')
      keepLastGood(memory, { reason: errorText(error), isExpected: failure.code === 'not_configured' }, deps);
    return failure;
  }
}

function noSettingsObject(): ProxboxError {
  return new ProxboxError('remote_protocol', 'The settings of the NetBox plugin are not an object.', {
    detail: 'remote_protocol: the answer holds no settings object',
  });
}

function isYoung({ failedAtMs, readAtMs }: Memory, maxAgeMs: number, nowMs: number): boolean {
  return failedAtMs === null && readAtMs !== null && nowMs - readAtMs < maxAgeMs;
}

/** Whoever asks meanwhile waits for the same answer. */
function begin(
  memory: Memory,
  fetch: () => Promise<unknown>,
  deps: SettingsResolverDeps,
): Promise<ProxboxError | null> {
  const reading = read(memory, fetch, deps).finally(() => {
    memory.inFlight = null;
  });
  memory.inFlight = reading;
  return reading;
}

/** The running read, a new one, or null when what is known is young enough or the last failure is too recent. */
function readIfOlderThan(memory: Memory, maxAgeMs: number, deps: SettingsResolverDeps): Promise<unknown> | null {
  if (memory.inFlight !== null) return memory.inFlight;
  const now = deps.clock.monotonicMs();
  if (memory.failedAtMs !== null && now - memory.failedAtMs < retryAfterMs) return null;
  if (isYoung(memory, maxAgeMs, now)) return null;
  return begin(memory, () => deps.fetchPluginSettings(fetchBudgetMs), deps);
}

export function createSettingsResolver(deps: SettingsResolverDeps): SettingsResolver {
  let memory = emptyMemory(deps.env);
  return {
    current() {
      void readIfOlderThan(memory, timeToLiveMs, deps);
      return memory.resolved;
    },
    async refresh({ maxAgeMs, budgetMs }) {
      const reading = readIfOlderThan(memory, Math.min(maxAgeMs, timeToLiveMs), deps);
      if (reading === null) return memory.resolved;
      const waiting = new AbortController();
      // The read itself goes on when the caller's budget ends, and its answer is kept for the next one.
      await Promise.race([reading, deps.clock.sleep(budgetMs, waiting.signal).catch(() => undefined)]);
      waiting.abort();
      return memory.resolved;
    },
    async readThrough(fetch, maxAgeMs) {
      // Whoever asked goes on with what it read, also where it was dropped for everybody else in between.
      const asked = memory;
      const isKnown = isYoung(asked, Math.min(maxAgeMs, timeToLiveMs), deps.clock.monotonicMs());
      if (isKnown || (asked.inFlight !== null && (await asked.inFlight) === null))
        return { settings: asked.resolved, failure: null };
      const failure = await begin(asked, fetch, deps);
      return { settings: asked.resolved, failure };
    },
    drop() {
      memory.isDropped = true;
      memory = emptyMemory(deps.env);
    },
  };
}
