import { once } from 'node:events';

import { runCommand, UsageError } from '../../src/cli/exit-status.js';
import { estateOptions, readArguments, readEstate, wholeNumber } from './estate-arguments.js';
import { credentialsOf, startEnvironment } from './simulated-environment.js';

const usage = 'npm run simulator -- [--vms N] [--clusters N] [--seed N] [--latency-ms N] [--plugin on|off] [--port N]';

const readPlugin = (text: string): 'on' | 'off' => {
  if (text === 'on' || text === 'off') return text;
  throw new UsageError(`--plugin must be on or off, not "${text}".`);
};

/** The port of NetBox, after which those of the clusters follow; nothing: free ones. */
const readPort = (text: string | undefined): { readonly port?: number } =>
  text === undefined ? {} : { port: wholeNumber('--port', text, 1024, 65_000) };

/** Resolves with the first request to stop. */
const stopSignal = async (): Promise<void> => {
  const waiting = new AbortController();
  const options = { signal: waiting.signal };
  await Promise.race([once(process, 'SIGTERM', options), once(process, 'SIGINT', options)]);
  waiting.abort();
};

/**
 * Starts a simulated NetBox and one simulated Proxmox per cluster on loopback ports, prints one JSON line that says how
 * to log in to each, and serves until SIGTERM or SIGINT. Answers the exit status.
 */
const main = async (): Promise<number> => {
  const values = readArguments(
    { ...estateOptions, plugin: { type: 'string', default: 'on' }, port: { type: 'string' } },
    usage,
  );
  const options = { ...readEstate(values), plugin: readPlugin(values.plugin), ...readPort(values.port) };
  const stopped = stopSignal();
  const environment = await startEnvironment(options);
  process.stdout.write(`${JSON.stringify(credentialsOf(environment))}\n`);
  await stopped;
  await environment.close();
  return 0;
};

await runCommand(main);
