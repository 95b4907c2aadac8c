import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/** Compiles the product and its page to dist and the doubles to build once before the tests, unchecked: some of them start real processes. */
export default function setup(): void {
  removeStaleModules();
  // In build mode the compiler looks first whether anything has changed.
  const projects = ['tsconfig.build.json', 'test/tsconfig.build.json'];
  execFileSync('npx', ['tsc', '-b', ...projects, '--noCheck'], { stdio: 'inherit' });
  execFileSync(process.execPath, ['src/page/build.mjs'], { stdio: 'inherit' });
}

/** The compiler leaves behind what it made of a file that has moved. */
function removeStaleModules(): void {
  if (!existsSync('dist')) return;
  for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
    if (name.startsWith('page' + path.sep)) continue;
    const source = path.join('src', name.replace(/\.js(\.map)?$/, '.ts'));
    if (/\.(js|map)$/.test(name) && (name.endsWith('.map') || !existsSync(source))) rmSync(path.join('dist', name));
  }
}
