/** A setting that is documented does something, and what does something is documented. */
import { beforeAll, describe, expect, it } from 'vitest';
import { parseEnv, type Env } from '../../../src/config/env.js';
import { processVariables } from '../../../src/config/env-table.js';
import { foreignVariables } from '../../../src/config/foreign-variables.js';
import { tunableKeys, tunables } from '../../../src/config/tunables.js';
import { openSource, type Source } from '../../support/source.js';

/** Documented, and without effect yet. A name goes from here when it is read. */
const noEffectYet: readonly string[] = [];

/** Not the product's: the tables themselves, and the page that is made from them. */
const describing = /^src\/(config\/|cli\/configuration-page\.ts)/;

/** Looked at, but no settings of this service: folders of the system, and what the Python service had. */
const others = ['HOME', 'XDG_DATA_HOME', ...foreignVariables.flatMap(({ variables }) => variables)];

describe('every setting', () => {
  let source: Source;
  beforeAll(() => {
    source = openSource();
  });
  const isRead = (file: string, owner: string, property: string): boolean =>
    source.readersOf(file, owner, property).some((reader) => !describing.test(reader));

  it('among the tunables is read by the product, except those that say that they have no effect yet', () => {
    const unread = tunableKeys.filter((key) => !isRead('src/config/types.ts', 'Tunables', key));

    expect(unread.sort()).toEqual(noEffectYet);
  });

  it('without effect says so in the documentation, and no other', () => {
    const said = tunableKeys.filter((key) => tunables[key].description.includes('No effect yet'));

    expect(said.sort()).toEqual(noEffectYet);
  });

  it('of the process is read by the product', () => {
    const { env } = parseEnv({});
    // The text of the tunables, which they are made from.
    const properties = Object.keys(env).filter((property) => property !== ('raw' satisfies keyof Env));

    expect(properties.filter((property) => !isRead('src/config/env.ts', 'Env', property))).toEqual([]);
  });

  it('of the process is taken from its variable, and no other variable is looked at', () => {
    const looked = new Set<string>();
    const watched = new Proxy<NodeJS.ProcessEnv>({}, { get: (_none, name) => void looked.add(String(name)) });

    parseEnv(watched);

    const ofTunables = tunableKeys.flatMap((key) => tunables[key].variable ?? []);
    const documented = [...processVariables.map(({ variable }) => variable), ...ofTunables];
    expect([...looked].sort()).toEqual([...documented, ...others].sort());
  });

  it('comes through parseEnv: the environment of the process is taken nowhere else', () => {
    const elsewhere = source.environmentReads().filter((read) => !read.endsWith(': parseEnv(process.env)'));

    expect(elsewhere).toEqual([]);
  });
});
