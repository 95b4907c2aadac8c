/** With which status a command ends, and what it says then. */

/** Statuses with which commands end: the last as EX_USAGE of sysexits.h. */
export const exitStatus = { ok: 0, failed: 1, partial: 2, usage: 64 } as const;

/** Called wrongly: ends the process with status 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs a command: usage errors end with status 64, other errors with status 1 and one line. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? exitStatus.usage : exitStatus.failed;
  }
}
