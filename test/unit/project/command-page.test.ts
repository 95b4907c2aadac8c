/** docs/command.md names what there is, and nothing else. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/command/program.js';

const page = readFileSync('docs/command.md', 'utf8');
const program = createProgram({ status: 0 });

function everyCommand(command: Command): readonly Command[] {
  return command.commands.flatMap((one) => [one, ...everyCommand(one)]);
}

describe('docs/command.md', () => {
  it('names every command', () => {
    const missing = program.commands.map((one) => one.name()).filter((name) => !page.includes(`proxbox-api ${name}`));
    expect(missing).toEqual([]);
  });

  it('names no command and no option that is none', () => {
    const commands = new Set(program.commands.map((one) => one.name()));
    const options = new Set([
      '--help',
      '--prefix',
      ...everyCommand(program).flatMap((one) => one.options.map((option) => option.long)),
    ]);
    const named = [...page.matchAll(/proxbox-api(?:\.js)? +(?!proxbox-api)([a-z-]+)/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !commands.has(name))).toEqual([]);
    expect([...page.matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option).filter((one) => !options.has(one))).toEqual(
      [],
    );
  });
});
