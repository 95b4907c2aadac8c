/**
 * What stands where: the product in src and dist, its doubles in test and build; that every file says what it is for, and
 * that the documents name only what is there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const filesOf = (folder: string): readonly string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.tsbuildinfo')
    .map((entry) => path.relative(path.join(root, folder), path.join(entry.parentPath, entry.name)));
const stemsOf = (files: readonly string[], ending: string): readonly string[] =>
  files.flatMap((name) => (name.endsWith(ending) ? [name.slice(0, -ending.length)] : [])).sort();

describe('the product', () => {
  it('holds no double and no command that needs one', () => {
    const doubles = /\b(simulat|demo|bench|estate|fixture|fake|mock)/i;

    expect(filesOf('src').filter((name) => doubles.test(name))).toEqual([]);
  });

  it('says in the first line of every file what it is for', () => {
    // A comment that touches the first of several declarations speaks of that one, and not of the file.
    const sign = /^(?:#!.*\n)?\/\*\*(?:(?!\*\/)[^])*[a-z](?:(?!\*\/)[^])*\*\/\n(\n|import|declare)?/;
    const isSigned = (text: string): boolean => {
      const [head, next] = sign.exec(text) ?? [];
      return head !== undefined && (next !== undefined || text.match(/^export /gm)?.length === 1);
    };
    const files = filesOf('src').filter((name) => name.endsWith('.ts'));

    expect(files.length).toBeGreaterThan(300);
    expect(files.filter((name) => !isSigned(read(path.join('src', name))))).toEqual([]);
  });

  it('is all that dist holds: a module for each file of src, and nothing beside them', () => {
    const isOfPage = (name: string): boolean => name.startsWith(`page${path.sep}`);
    const built = filesOf('dist').filter((name) => !isOfPage(name));
    const sources = filesOf('src').filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !isOfPage(name));
    const page = filesOf('dist').filter(isOfPage);

    expect(stemsOf(built, '.js')).toEqual(stemsOf(sources, '.ts'));
    expect(built.filter((name) => !name.endsWith('.js'))).toEqual([]);
    expect(page.map((name) => name.replace(/-[0-9a-f]{12}\./, '.')).sort()).toEqual([
      'page/icon.svg',
      'page/index.html',
      'page/page.css',
      'page/page.js',
    ]);
  });
});

describe('the documents', () => {
  const folders = ['docs', 'docs/deploy', '.github', '.github/ISSUE_TEMPLATE', '.'];
  const pages = folders
    .flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)))
    .filter((name) => name.endsWith('.md'));
  const places = (pattern: RegExp) =>
    pages.flatMap((page) => Array.from(read(page).matchAll(pattern), ([, name = '']) => ({ page, name })));

  it('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/development.md']));
  });

  it('name only scripts of package.json', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = places(/npm run (?:--silent )?([a-z][\w:-]*)/g);

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
  });

  it('name only files and folders that are there', () => {
    // A name with a gap (`<name>`, `*`) is a pattern.
    const named = places(/(?<![\w./-])((?:src|test|docs|migrations|dist|\.ci|\.github)\/[\w./-]+)(?![<*\w./-])/g);
    const source = (name: string) => name.replace(/^dist\/(.+)\.js$/, 'src/$1.ts').replace(/\.$/, '');

    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ name }) => !existsSync(path.join(root, source(name))))).toEqual([]);
  });

  it('link only to pages that are there', () => {
    const links = places(/\]\(((?!https?:)[^)#]+)/g);

    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(({ page, name }) => !existsSync(path.join(root, path.dirname(page), name)))).toEqual([]);
  });
});

it('the Node.js of a developer is the one of the image', () => {
  const images = Array.from(read('Dockerfile').matchAll(/^FROM node:(\d+)/gm), ([, major]) => major);

  expect(new Set(images)).toEqual(new Set([read('.nvmrc').trim()]));
});

it('the image compiles SQLite itself, with the headers of its Node.js, and leaves no compiler beside the service', () => {
  const stages = read('Dockerfile').split(/^(?=FROM )/m);
  const [install = ''] = stages.filter((stage) => stage.includes('npm ci --omit=dev'));
  const last = stages.at(-1);

  expect(install).toMatch(/^FROM node:\d+ AS dependencies$/m);
  expect(install).toContain('npm_config_build_from_source=better-sqlite3 npm_config_nodedir=/usr/local npm ci');
  expect(last).toMatch(/^FROM node:\d+-slim\n/);
  expect(last).not.toMatch(/\bnpm\b|apt-get/);
});
