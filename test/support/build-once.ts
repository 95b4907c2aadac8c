import { execFileSync } from 'node:child_process';

/** Compiles src to dist once before the tests, unchecked: some of them start the real process (`dist/main.js`). */
export default function setup(): void {
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json', '--noCheck'], { stdio: 'inherit' });
}
