/** The ground floor of the process: variables, clock, log, database, settings, and the signal that it stops. */
import { setMaxListeners } from 'node:events';
import { systemClock, type Clock } from '../config/clock.js';
import type { Env } from '../config/env.js';
import { createSettingsResolver, type SettingsResolverDeps } from '../config/settings-resolver.js';
import type { Database, OpenDatabaseOptions } from '../db/open.js';
import type { PluginSettings } from '../config/types.js';
import { packageVersion } from '../config/version.js';
import { openDatabaseAlone } from '../db/open-alone.js';
import { createMetrics } from '../metrics/registry.js';
import { createPatience } from '../db/patience.js';
import { defaultClosingPauseMs } from '../http/stream/pace-frames.js';
import { createConsoleLevel } from '../telemetry/console-level.js';
import { createLogBuffer } from '../telemetry/log-buffer.js';
import { createLogFile } from '../telemetry/log-file.js';
import { createLogger, type LogSink } from '../telemetry/logger.js';
import { readCaBundle } from '../transport/ca-bundle.js';
import { certificateFiles, readServerCertificate } from '../transport/server-certificate.js';

export interface DepsOptions {
  readonly env: Env;
  readonly clock?: Clock;
  /** Default openDatabaseAlone. */
  readonly openDatabase?: (options: OpenDatabaseOptions) => Database;
  /** Where the console lines go instead of standard output. */
  readonly console?: LogSink;
  /** Of new API keys; see security/api-keys.ts for the default. */
  readonly bcryptCost?: number;
  /** Before the last frames of a partial run; see http/stream/pace-frames.ts for the default. */
  readonly closingPauseMs?: number;
}

function makeTelemetry({ env, console, clock = systemClock }: DepsOptions) {
  const logBuffer = createLogBuffer();
  const logFile = createLogFile({ clock });
  const consoleLevel = createConsoleLevel(env.logLevel);
  const logger = createLogger({
    level: consoleLevel,
    destinations: [{ level: 'WARNING', sink: logFile }],
    buffer: logBuffer,
    ...(console === undefined ? {} : { console }),
  });
  /** Opens the log file, or moves it to this path; see telemetry/log-file.ts. */
  const openLogFile = (filePath: string): boolean => logFile.open(filePath, logger);
  return { logBuffer, logFile, logger, openLogFile, consoleLevel };
}

type ReadableSettings = Pick<SettingsResolverDeps, 'fetchPluginSettings'>;

/**
 * Settings are read through a client that is made by settings: a read waits until it is told through which. What they hold is
 * handed on with the first read that brings it, whoever asked.
 */
function makeSettings(deps: Omit<SettingsResolverDeps, keyof ReadableSettings>) {
  let readSettingsThrough: (netbox: ReadableSettings) => void = () => undefined;
  const reader = new Promise<ReadableSettings>((resolve) => (readSettingsThrough = resolve));
  const listeners: ((plugin: PluginSettings) => void)[] = [];
  const settings = createSettingsResolver({
    ...deps,
    onPlugin: (plugin) => listeners.forEach((listener) => listener(plugin)),
    fetchPluginSettings: async (budgetMs) => (await reader).fetchPluginSettings(budgetMs),
  });
  const onPlugin = (listener: (plugin: PluginSettings) => void): void => void listeners.push(listener);
  return { settings, readSettingsThrough, onPlugin };
}

export type Foundations = ReturnType<typeof makeFoundations>;

/** @throws ProxboxError `not_configured` when the database, the CA bundle or the certificate of the service cannot be used */
export function makeFoundations(options: DepsOptions) {
  const { env, clock = systemClock } = options;
  const telemetry = makeTelemetry(options);
  const version = packageVersion();
  const { logger } = telemetry;
  const tls = certificateFiles(env.tls, env.certificateFolder);
  const certificate = tls === null ? null : { files: tls, pem: readServerCertificate(tls) };
  /** Aborted when the service stops: runs and log streams end. Every open stream and WebSocket listens for it. */
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const db = (options.openDatabase ?? openDatabaseAlone)({ path: env.databasePath, clock, logger });
  return {
    env,
    clock,
    version,
    ...telemetry,
    db,
    metrics: createMetrics(version),
    patiently: createPatience(db, clock),
    /** With which the service speaks TLS; null: it speaks plain HTTP. */
    certificate,
    ca: env.caBundle === null ? {} : { caBundle: readCaBundle(env.caBundle) },
    ...makeSettings({ env, clock, logger }),
    stopping,
    closingPauseMs: options.closingPauseMs ?? defaultClosingPauseMs,
  };
}
