import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

export interface EstateArguments {
  readonly vms: number;
  readonly clusters: number;
  readonly seed: number;
  readonly latencyMs: number;
}

export const estateOptions = {
  vms: { type: 'string', default: '200' },
  clusters: { type: 'string', default: '2' },
  seed: { type: 'string', default: '1' },
  'latency-ms': { type: 'string', default: '0' },
} as const satisfies Options;

/** As readArguments, with words that are no options. */
export function readWords<T extends Options>(options: T, usage: string) {
  return parsed(() => parseArgs({ options, allowPositionals: true, strict: true }), usage);
}

/** Parses the arguments of a command; an unknown or malformed one ends the process with status 2 and the usage line. */
export function readArguments<T extends Options>(options: T, usage: string) {
  return parsed(() => parseArgs({ options, allowPositionals: false, strict: true }), usage).values;
}

function parsed<T>(parse: () => T, usage: string): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`);
  }
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function readEstate(values: {
  readonly vms: string;
  readonly clusters: string;
  readonly seed: string;
  readonly 'latency-ms': string;
}): EstateArguments {
  return {
    vms: wholeNumber('--vms', values.vms, 1, 20_000),
    clusters: wholeNumber('--clusters', values.clusters, 1, 20),
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 31),
    latencyMs: wholeNumber('--latency-ms', values['latency-ms'], 0, 10_000),
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
  return value;
}

/** Runs a command: usage errors end with status 2, other errors with status 1 and one line. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
