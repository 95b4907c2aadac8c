/** A made-up `src` in a temporary folder that consists of planted imports, and what the import rules say of each. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise } from 'dependency-cruiser';
import config from '../../.dependency-cruiser.js';

/** From a file to a file, a package or a module of Node (`node:fs`). Both a value and a type of it are imported. */
export interface Planted {
  readonly from: string;
  readonly to: string;
}

/** The names of the rules that refuse an import: of a value, of a type. None refuses it: an empty list. */
export interface Verdict {
  readonly value: readonly string[];
  readonly type: readonly string[];
}

const isFile = (name: string): boolean => name.endsWith('.ts');

function importLines({ from, to }: Planted): string {
  const path = relative(dirname(from), to).replace(/\.ts$/, '.js');
  const specifier = !isFile(to) ? to : path.startsWith('.') ? path : `./${path}`;
  return `import * as value from '${specifier}';\nimport type { Type } from '${specifier}';\n`;
}

function textsOf(planted: readonly Planted[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { to } of planted) {
    if (isFile(to)) texts.set(to, 'export type Type = number;\n');
    else if (!to.startsWith('node:')) texts.set(`node_modules/${to}/index.js`, 'export const value = 1;\n');
  }
  for (const one of planted) texts.set(one.from, (texts.get(one.from) ?? '') + importLines(one));
  return texts;
}

async function cruiseIn(folder: string): Promise<ReadonlyMap<string, Verdict>> {
  const ruleSet = { forbidden: config.forbidden };
  const { output } = await cruise(['src', 'test'], { ...config.options, ruleSet, validate: true, baseDir: folder });
  if (typeof output === 'string') throw new Error(output);
  const verdicts = new Map<string, Verdict>();
  for (const { source, dependencies } of output.modules) {
    for (const { resolved, module, dependencyTypes, rules = [] } of dependencies) {
      const name = dependencyTypes.includes('core') ? `node:${module}` : module;
      const key = `${source} -> ${isFile(resolved) ? resolved : name}`;
      const known = verdicts.get(key) ?? { value: ['not found'], type: ['not found'] };
      const kind = dependencyTypes.includes('type-only') ? 'type' : 'value';
      verdicts.set(key, { ...known, [kind]: rules.map(({ name }) => name) });
    }
  }
  return verdicts;
}

/** Lets dependency-cruiser look at the planted imports as `npm run lint` lets it look at the product. By `from -> to`. */
export async function verdictsOn(planted: readonly Planted[]): Promise<ReadonlyMap<string, Verdict>> {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  try {
    mkdirSync(join(folder, 'test'));
    for (const [path, text] of textsOf(planted)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return await cruiseIn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
