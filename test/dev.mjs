/** `npm run dev`: the compiler in watch mode, and the service, which starts anew with whatever it compiled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const run = (...words) => spawn(process.execPath, words, { stdio: 'inherit' });

const compiler = run(
  'node_modules/typescript/bin/tsc',
  '-p',
  'tsconfig.build.json',
  '--watch',
  '--preserveWatchOutput',
);
const service = run('--watch', '--watch-preserve-output', 'dist/main.js');
const children = [compiler, service];

function stop() {
  for (const child of children) child.kill('SIGTERM');
}

process.once('SIGINT', stop).once('SIGTERM', stop);
// Neither is of use without the other.
await Promise.race(children.map((child) => once(child, 'exit')));
stop();
