/**
 * The process: read variables, refuse or open, listen, then work in the background, and end in order. What refuses the start
 * says so in one line and exits with code 1; everything else is a warning. Messages about the start that come before the
 * logger exists go to standard error.
 */
import closeWithGrace from 'close-with-grace';
import { buildApp } from './app.js';
import { openLogFile, startBackground } from './background.js';
import { parseEnv, type ListenAddress, type ParsedEnv } from '../config/env.js';
import { serveMetrics } from './metrics.js';
import { createDeps, type AppDeps } from './deps.js';
import { memoryText, watchMemory } from './memory.js';
import { errorText } from '../errors/proxbox-error.js';
import { greetingOf, logText, terminalText } from './greeting.js';
import { terminalSink } from '../telemetry/terminal-lines.js';
import { resolveStartKey } from './start-key.js';
import { schemaProblem } from './start-schemas.js';
import { exchangeCertificate } from '../http/tls-server.js';
import { certificateWarning, watchServerCertificate, type ServerCertificate } from '../transport/server-certificate.js';

function refuse(reason: string): never {
  process.stderr.write(`proxbox-api cannot start: ${reason}\n`);
  process.exit(1);
}

function readEnv(): Omit<ParsedEnv, 'refusals'> {
  const { refusals, ...parsed } = parseEnv(process.env);
  if (refusals.length > 0) refuse(refusals.join(' '));
  return parsed;
}

interface Wanted {
  readonly port: number;
  readonly host: string;
  /** The variables that say so. */
  readonly variables: { readonly port: string; readonly host: string };
}

function listenProblem(error: unknown, { port, host, variables }: Wanted): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is in use. Stop the other process or set ${variables.port}.`;
  if (code === 'EACCES') return `port ${port} needs more privileges. Set ${variables.port} to 1024 or higher.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is no address of this machine. Correct ${variables.host}.`;
  return errorText(error);
}

/** They end with the service, whatever their readers do. */
async function openMetrics(
  app: Awaited<ReturnType<typeof buildApp>>,
  deps: AppDeps,
  address: ListenAddress,
): Promise<void> {
  try {
    const server = await serveMetrics(address, deps);
    deps.stopping.signal.addEventListener('abort', () => {
      server.close();
      server.closeAllConnections();
    });
  } catch (error) {
    await app.close();
    const name = 'PROXBOX_METRICS_BIND';
    refuse(listenProblem(error, { ...address, variables: { port: name, host: name } }));
  }
}

async function listen(deps: AppDeps): Promise<void> {
  const app = await buildApp(deps);
  const { logger, env } = deps;
  closeWithGrace({ delay: 10_000, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'The process ends because of an unexpected error.');
    else logger.info({ signal }, 'Stopping.');
    await app.close();
  });
  try {
    const listenTextResolver = (address: string): string => `proxbox-api ${deps.version} listens on ${address}.`;
    await app.listen({ port: env.port, host: env.bindHost, listenTextResolver });
  } catch (error) {
    await app.close();
    const variables = { port: 'PORT', host: 'PROXBOX_BIND_HOST' };
    refuse(listenProblem(error, { port: env.port, host: env.bindHost, variables }));
  }
  watchCertificate(app, deps);
  deps.metrics.watchProcess();
  if (env.metricsBind !== null) await openMetrics(app, deps, env.metricsBind);
  greet(deps);
  logger.info(memoryText());
  watchMemory({ logger, activeRuns: deps.sync.activeRuns });
  startBackground(deps);
}

function watchCertificate(
  app: Awaited<ReturnType<typeof buildApp>>,
  { certificate, clock, logger, stopping }: AppDeps,
): void {
  if (certificate === null) return;
  const warning = certificateWarning(certificate.pem, clock.now());
  if (warning !== undefined) logger.warn(warning);
  const use = (pem: ServerCertificate): void => exchangeCertificate(app.server, pem);
  const watching = watchServerCertificate({ files: certificate.files, logger, use });
  stopping.signal.addEventListener('abort', () => watching.stop());
}

function greet(deps: AppDeps): void {
  const greeting = greetingOf(deps);
  if (process.stdout.isTTY) process.stdout.write(terminalText(greeting));
  else deps.logger.info(logText(greeting));
}

/** Starts the service, which then lives by itself. What refuses the start ends the process with status 1. */
export async function startService(): Promise<void> {
  await start().catch((error: unknown) => refuse(errorText(error)));
}

async function start(): Promise<void> {
  const { env, warnings, notes } = readEnv();
  const unusable = schemaProblem(env);
  if (unusable !== undefined && env.strictStartup) {
    refuse(`${unusable} Without PROXBOX_STRICT_STARTUP this is a warning.`);
  }
  // JSON is for programs.
  const console = process.stdout.isTTY ? { console: terminalSink(process.stdout) } : {};
  const deps = createDeps({ env, ...console });
  // The plugin is not asked yet; what the variable asks for gets these lines as well.
  openLogFile(deps);
  if (unusable !== undefined) deps.logger.warn(unusable);
  warnings.forEach((warning) => deps.logger.warn(warning));
  notes.forEach((note) => deps.logger.info(note));
  const refusal = await resolveStartKey(deps);
  if (refusal !== undefined) {
    await deps.close();
    refuse(refusal);
  }
  await listen(deps);
}
