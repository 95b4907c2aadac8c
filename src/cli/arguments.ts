/** What the commands share: how words are read, and which status a command ends with. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Called wrongly: ends the process with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses options and words; an unknown or malformed option is a usage error. */
export function readWords<T extends Options>(options: T, usage: string) {
  return orUsageError(() => parseArgs({ options, allowPositionals: true, strict: true }), usage);
}

/** Answers what `parse` reads; what it refuses becomes a usage error that ends with the usage line. */
export function orUsageError<T>(parse: () => T, usage: string): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`);
  }
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
