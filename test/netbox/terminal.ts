/** A shell in which a reader types: what it exports stays, what runs on is ended with the terminal. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

const graceMs = 10_000;

export interface Terminal {
  /** Runs commands to their end, in bash; resolves with what they print. Throws, with what they said, when one fails. */
  run(commands: string): Promise<string>;
  /** Runs commands of which the last one does not end. */
  leaveRunning(commands: string): void;
  /** Ends what was left running with these words in its commands. */
  end(words: string): Promise<void>;
  /** The last lines of what was left running. */
  output(): string;
  close(): Promise<void>;
}

/** @param folder in which the commands run; @param memory a folder of the terminal's own */
export function openTerminal(folder: string, memory: string, variables: NodeJS.ProcessEnv): Terminal {
  const exported = join(memory, 'exported');
  const restore = `[ ! -f '${exported}' ] || . '${exported}'`;
  const running = new Map<ChildProcess, string>();
  const output: string[] = [];

  return {
    async run(commands) {
      const script = `set -eo pipefail\n${restore}\n${commands}\nexport -p > '${exported}'\n`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env: variables });
      return stdout.trim();
    },
    leaveRunning(commands) {
      // Nothing outlives the tests, however they end.
      const watch = `(while kill -0 ${process.pid} 2>/dev/null; do sleep 1; done; kill -TERM 0) >/dev/null 2>&1 &`;
      const script = `set -eo pipefail\n${restore}\n${watch}\n${commands}\n`;
      const child = spawn('bash', ['-c', script], { cwd: folder, env: variables, detached: true });
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
      running.set(child, commands);
    },
    output: () => output.join('').split('\n').slice(-40).join('\n'),
    async end(words) {
      const found = [...running].filter(([, commands]) => commands.includes(words));
      if (found.length === 0) throw new Error(`Nothing was left running with "${words}".`);
      await Promise.all(found.map(([child]) => end(child)));
    },
    async close() {
      await Promise.all([...running.keys()].map(end));
    },
  };
}

/** Ends a process and all that it started, gently first: a worker goes on to the end of its job. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // Which comes when nobody of them has its output open any more.
  const ended = once(child, 'close');
  process.kill(-child.pid!, 'SIGTERM');
  const tooLate = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), graceMs);
  await ended;
  clearTimeout(tooLate);
}
