// @ts-check
/** The import rules of dependency-cruiser, made from layers.js. A type-only import is an arrow like any other, except where said. */
import { folders, homes, pureParts } from './layers.js';

/** @typedef {import('dependency-cruiser').IForbiddenRuleType} Rule */

const valuesOnly = { dependencyTypesNot: /** @type {'type-only'[]} */ (['type-only']) };

/** @param {readonly string[]} names */
function within(names) {
  return names.map((name) => (name.endsWith('.ts') ? `^src/${name.replace('.', '\\.')}$` : `^src/${name}/`));
}

/** A module of Node goes by its bare name, a package by where it is installed. @param {readonly string[]} packages */
function installed(packages) {
  return packages.map((name) => `^${name}$|(^|/)node_modules/${name}/`);
}

/**
 * @param {import('./layers.js').Folder} folder
 * @returns {Rule[]}
 */
function layerRules({ name, imports, importsTypesOf = [] }) {
  const from = { path: within([name]) };
  const allowed = within([name, ...imports, ...importsTypesOf]);
  /** @type {Rule[]} */
  const rules = [{ name: `layer-of-${name}`, severity: 'error', from, to: { path: '^src/', pathNot: allowed } }];
  if (importsTypesOf.length === 0) return rules;
  const to = { path: within(importsTypesOf), ...valuesOnly };
  return [...rules, { name: `layer-of-${name}-types-only`, severity: 'error', from, to }];
}

/**
 * @param {import('./layers.js').Home} home
 * @returns {Rule}
 */
function homeRule({ name, packages, folders: users, typesAreFree = false }) {
  return {
    name: `home-of-${name}`,
    severity: 'error',
    from: { path: '^src/', pathNot: within(users) },
    to: { path: installed(packages), ...(typesAreFree ? valuesOnly : {}) },
  };
}

const pure = pureParts.where.map((place) => `^src/${place}`);

/** @type {Rule[]} */
export const importRules = [
  { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ...folders.flatMap(layerRules),
  ...homes.map(homeRule),
  {
    name: 'pure-parts-are-pure',
    comment: 'They know no client, clock, logger or framework but by the types of it.',
    severity: 'error',
    from: { path: pure },
    to: {
      pathNot: [...pure, ...pureParts.imports.map((place) => `^src/${place}`), ...installed(pureParts.packages)],
      ...valuesOnly,
    },
  },
  {
    name: 'stages-do-not-import-one-another',
    severity: 'error',
    from: { path: '^src/sync/stages/([^/]+)/' },
    to: { path: '^src/sync/stages/[^/]+/', pathNot: '^src/sync/stages/$1/' },
  },
  { name: 'the-product-knows-no-double', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  {
    name: 'simulators-share-nothing-with-the-product',
    comment: 'A double that uses our own parsers or clients would agree with our mistakes.',
    severity: 'error',
    from: { path: '^test/simulator/' },
    to: { path: '^(src|test)/', pathNot: '^test/simulator/' },
  },
  {
    name: 'demo-speaks-http-to-the-product',
    comment:
      'It starts the process that operators run, and shares with its commands how words are read and tables printed.',
    severity: 'error',
    from: { path: '^test/(demo|bench)/' },
    to: { path: '^src/', pathNot: '^src/cli/(exit-status|table)\\.ts$' },
  },
];
