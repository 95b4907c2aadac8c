/** What goes on beside requests, after the service listens: the plugin's settings, its key, its switch for writing, and the log file. */
import type { AppDeps } from './deps.js';
import { errorText } from '../errors/proxbox-error.js';
import { takePluginKey } from './start-key.js';

export type BackgroundDeps = Pick<
  AppDeps,
  | 'clock'
  | 'env'
  | 'settings'
  | 'encryptionKeys'
  | 'netboxEndpoints'
  | 'stopping'
  | 'logger'
  | 'supportPass'
  | 'pluginMirror'
  | 'ledger'
  | 'schedule'
> & {
  readonly openLogFile: (filePath: string) => unknown;
};

const settingsIntervalMs = 300_000;
const pendingIntervalMs = 30_000;
const fetchBudgetMs = 10_000;

async function refreshSettings(deps: BackgroundDeps): Promise<void> {
  const { env, settings, encryptionKeys, netboxEndpoints, logger } = deps;
  if (env.skipNetboxBootstrap || netboxEndpoints.active() === null) return;
  const wasPending = encryptionKeys.state() === 'pending';
  await settings.refresh({ maxAgeMs: settingsIntervalMs, budgetMs: fetchBudgetMs });
  if (takePluginKey(deps) === 'unreachable' || !wasPending) return;
  if (encryptionKeys.state() === 'ready') logger.info('The encryption key of the NetBox plugin is in use.');
  else
    logger.fatal(
      'The NetBox plugin has no encryption key, and none is configured here: secrets can neither be stored nor used. Set PROXBOX_ENCRYPTION_KEY and restart.',
    );
}

/** Where the variable or the plugin's setting wants it. */
export function openLogFile(deps: Pick<BackgroundDeps, 'settings' | 'openLogFile'>): void {
  deps.openLogFile(deps.settings.current().values.backendLogFilePath);
}

async function repeat(deps: BackgroundDeps): Promise<void> {
  const { clock, stopping, encryptionKeys, supportPass } = deps;
  while (!stopping.signal.aborted) {
    await refreshSettings(deps);
    openLogFile(deps);
    if (supportPass.isDue()) await supportPass.run();
    const isPending = encryptionKeys.state() === 'pending';
    await clock.sleep(isPending ? pendingIntervalMs : settingsIntervalMs, stopping.signal);
  }
}

const historyIntervalMs = 600_000;
const historyStepPauseMs = 50;

/** Forgets runs that are too old or too much, while others are served. What cannot be now is tried again later. */
export async function keepHistory(
  deps: Pick<BackgroundDeps, 'clock' | 'settings' | 'stopping' | 'ledger' | 'logger'>,
): Promise<void> {
  const { clock, settings, stopping, ledger, logger } = deps;
  for (;;) {
    const { runHistoryDays: days, runHistoryMaxItems: maxItems } = settings.current().values;
    try {
      ledger.catchUp();
      while (ledger.prune({ days, maxItems })) await clock.sleep(historyStepPauseMs, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return;
      logger.warn({ reason: errorText(error) }, 'Old runs cannot be forgotten now.');
    }
    await clock.sleep(historyIntervalMs, stopping.signal, { isBackground: true });
  }
}

/** Returns at once; ends when `stopping` is aborted. */
export function startBackground(deps: BackgroundDeps): void {
  if (!deps.env.skipNetboxBootstrap) deps.pluginMirror.start();
  keepHistory(deps).catch(() => undefined);
  deps.schedule?.keep(deps.stopping.signal).catch((error: unknown) => {
    if (!deps.stopping.signal.aborted)
      deps.logger.error({ reason: errorText(error) }, 'The schedule ended unexpectedly.');
  });
  repeat(deps).catch((error: unknown) => {
    if (!deps.stopping.signal.aborted)
      deps.logger.error({ reason: errorText(error) }, 'Background work ended unexpectedly.');
  });
}
