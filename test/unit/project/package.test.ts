/** What is published: the files that run and no others, with every package that they import among the dependencies. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../../src/config/version.js';

interface Manifest {
  readonly version: string;
  readonly private?: boolean;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const root = path.join(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const filesOf = (folder: string): readonly string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));

/** As `npm pack` would write them, of what stands in dist now. */
const packed = (() => {
  const told = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(told) as [{ files: readonly { path: string }[] }];
  return files.map((file) => file.path).sort();
})();

/** Write the pages of docs from a checkout. */
const ofCheckouts = [
  'generate-docs',
  'generate-example-database',
  'configuration-page',
  'permissions-page',
  'netbox-permissions-page',
];

describe('the package', () => {
  it('holds what runs, and nothing else', () => {
    const built = filesOf('dist').filter(
      (name) => name !== 'dist/.tsbuildinfo' && !ofCheckouts.some((one) => name === `dist/cli/${one}.js`),
    );
    const beside = ['LICENSE', 'README.md', 'package.json', 'database.db.example', 'src/cli/start.sh'];

    expect(packed).toEqual([...beside, ...filesOf('migrations'), ...built].sort());
    expect(built.length).toBeGreaterThan(500);
  });

  it('imports from itself only what it holds, and from others only what is installed with it', () => {
    const modules = packed.filter((name) => name.endsWith('.js') && !name.startsWith('dist/page/'));
    const imports = modules.flatMap((name) =>
      Array.from(
        read(name).matchAll(/^(?:(?:import|export)[^;'"`]* from|import) '([^'\n]+)';$/gm),
        ([, target = '']) => ({
          name,
          target,
        }),
      ),
    );
    const inside = imports.filter(({ target }) => target.startsWith('.'));
    const packages = imports
      .filter(({ target }) => !/^(\.|node:)/.test(target) && !builtinModules.includes(target))
      .map(({ target }) => (target.startsWith('@') ? target.split('/', 2).join('/') : target.split('/')[0]!));

    expect(inside.length).toBeGreaterThan(1000);
    expect(inside.filter(({ name, target }) => !packed.includes(path.join(path.dirname(name), target)))).toEqual([]);
    expect([...new Set(packages)].filter((name) => !(name in manifest.dependencies)).sort()).toEqual([]);
  });

  it('may be published, has its commands, and is no library', () => {
    expect(manifest.private).toBeUndefined();
    expect(manifest.exports).toEqual({ './package.json': './package.json' });
    expect(Object.values(manifest.bin).filter((file) => !packed.includes(file))).toEqual([]);
    for (const file of Object.values(manifest.bin)) expect(read(file)).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('pins its dependencies, and docs/development.md says of each what it costs and what for', () => {
    const rows = read('docs/development.md').match(/^\| \*\*(@?[\w./-]+)\*\* \| \d+\.\d \|/gm) ?? [];
    const told = rows.map((row) => /\*\*([^*]+)\*\*/.exec(row)![1]!);

    expect(Object.values(manifest.dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(told.sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('never compiles at the start', () => {
    expect(manifest.scripts).not.toHaveProperty('prestart');
    expect(read('src/cli/start.sh')).not.toContain('tsc');
  });

  it('builds when it is prepared, and skips that without the compiler or the sources', () => {
    const isReached = (present: readonly string[]): boolean => {
      const [, script = ''] = /^node -e "(.*)"$/.exec(manifest.scripts['prepare']!) ?? [];
      const modules = { fs: { existsSync: (name: string) => present.includes(name) }, child_process: { execSync } };
      let isBuilt = false;
      function execSync(command: string): void {
        isBuilt = command === 'npm run --silent build';
      }
      // eslint-disable-next-line @typescript-eslint/no-implied-eval
      new Function('require', script)((name: keyof typeof modules) => modules[name]);
      return isBuilt;
    };

    expect(isReached(['src/main.ts', 'node_modules/typescript'])).toBe(true);
    expect(isReached(['src/main.ts'])).toBe(false);
    expect(isReached(['node_modules/typescript'])).toBe(false);
  });
});

describe('the version', () => {
  it('is that of package.json, for both commands as well', () => {
    const told = Object.values(manifest.bin).map((file) =>
      execFileSync(process.execPath, [file, '--version'], { cwd: root, encoding: 'utf8' }).trim(),
    );

    expect([...told, packageVersion()]).toEqual([manifest.version, manifest.version, manifest.version]);
  });

  it('is written nowhere in the source', () => {
    const sources = filesOf('src').filter((name) => /\.(ts|tsx|mjs|sh)$/.test(name));

    expect(sources.filter((name) => read(name).includes(`'${manifest.version}'`))).toEqual([]);
    expect(existsSync(path.join(root, 'package-lock.json'))).toBe(true);
    expect((JSON.parse(read('package-lock.json')) as Manifest).version).toBe(manifest.version);
  });
});
