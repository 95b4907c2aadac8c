#!/usr/bin/env node
/** `proxbox-api`: the service, and what an operator asks of it, whether it runs or not. See docs/command.md. */
import { CommanderError } from 'commander';
import { exitStatus, runCommand } from './exit-status.js';
import type { Told } from './command/output.js';
import { createProgram } from './command/program.js';

async function main(): Promise<number> {
  const told: Told = { status: exitStatus.ok };
  try {
    await createProgram(told).parseAsync();
    return told.status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Its text is written already.
    return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  }
}

await runCommand(main);
