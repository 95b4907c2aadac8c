/** The options that demo, simulator and bench have in common: how large the simulated estate is, and how slow. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../../src/cli/exit-status.js';

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
} as const;

/** Parses the options of a command that takes nothing else. */
export function readArguments<T extends NonNullable<ParseArgsConfig['options']>>(options: T, usage: string) {
  return orUsageError(() => parseArgs({ options, allowPositionals: false, strict: true }), usage).values;
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

/** @throws UsageError when the text is none, or out of bounds */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
  return value;
}

/** Answers what `parse` reads; what it refuses becomes a usage error that ends with the usage line. */
function orUsageError<T>(parse: () => T, usage: string): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`);
  }
}
