/** Plants imports, allowed and forbidden ones, and sees what the rules of `npm run lint` make of them. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { floors, folders, homes, pureParts, type Folder } from './layers.js';
import { verdictsOn, type Planted, type Verdict } from './planted-tree.js';

const inFolder = ({ name }: Folder, file: string): string =>
  name.endsWith('.ts') ? `src/${name}` : `src/${name}/${file}`;

function verdictOf(verdicts: ReadonlyMap<string, Verdict>, { from, to }: Planted): Verdict {
  return verdicts.get(`${from} -> ${to}`) ?? { value: ['not found'], type: ['not found'] };
}

/** One planted import for every ordered pair of folders. */
const pairs = folders.flatMap((folder) =>
  folders
    .filter((other) => other !== folder)
    .map((other) => ({ folder, other, from: inFolder(folder, 'planted.ts'), to: inFolder(other, 'target.ts') })),
);

function expected({ folder, other }: (typeof pairs)[number]): Verdict {
  const ofLayer = `layer-of-${folder.name}`;
  if (folder.imports.includes(other.name)) return { value: [], type: [] };
  if (folder.importsTypesOf?.includes(other.name) === true) return { value: [`${ofLayer}-types-only`], type: [] };
  return { value: [ofLayer], type: [ofLayer] };
}

describe('the layers', () => {
  it('name every folder and file that stands in src, once', () => {
    expect(folders.map(({ name }) => name).sort()).toEqual(readdirSync('src').sort());
  });

  it('import only from lower floors', () => {
    for (const [index, floor] of floors.entries()) {
      const below = floors.slice(index + 1).flatMap((lower) => lower.folders.map(({ name }) => name));
      for (const { name, imports, importsTypesOf = [] } of floor.folders)
        expect(below, name).toEqual(expect.arrayContaining([...imports, ...importsTypesOf]));
    }
  });

  it('name places that exist: pure parts, and users of packages', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
    for (const place of [...pureParts.where, ...pureParts.imports])
      expect(
        files.some((file) => new RegExp(`^${place}`).test(file)),
        place,
      ).toBe(true);
    for (const name of homes.flatMap((home) => home.folders)) expect(files).toContain(name);
  });

  it('refuse every import between two folders that is not stated, by value and by type, and no other', async () => {
    const verdicts = await verdictsOn(pairs);

    const found = pairs.map((pair) => ({ ...pair, ...verdictOf(verdicts, pair) }));
    const differing = found.filter((pair) => {
      const { value, type } = expected(pair);
      return String(pair.value) !== String(value) || String(pair.type) !== String(type);
    });
    expect(differing.map(({ from, to, value, type }) => ({ from, to, value, type }))).toEqual([]);
    expect(found.filter(({ value }) => value.length > 0).length).toBeGreaterThan(250);
  });
});

describe('an import that once slipped through', () => {
  const slipped: readonly Planted[] = [
    { from: 'src/endpoints/planted.ts', to: 'src/sync/plan/names.ts' },
    { from: 'src/custom-fields/planted.ts', to: 'src/http/app-type.ts' },
    { from: 'src/sync/planted.ts', to: 'src/verbs/service.ts' },
    { from: 'src/netbox/planted.ts', to: 'src/db/open.ts' },
    { from: 'src/proxmox-live/planted.ts', to: 'src/http/write-gate.ts' },
    { from: 'src/plugin-endpoints/planted.ts', to: 'src/sync/plan/names.ts' },
    { from: 'src/sync/support-pass.ts', to: 'src/http/routes/bootstrap-status.ts' },
  ];

  it('is refused, by value and by type', async () => {
    const verdicts = await verdictsOn(slipped);

    for (const planted of slipped) {
      const refused = [`layer-of-${planted.from.split('/')[1] ?? ''}`];
      expect(verdictOf(verdicts, planted), planted.from).toEqual({ value: refused, type: refused });
    }
  });
});

const pure = 'pure-parts-are-pure';
const stages = 'stages-do-not-import-one-another';
const product = 'the-product-knows-no-double';
const simulators = 'simulators-share-nothing-with-the-product';
const demo = 'demo-speaks-http-to-the-product';

/** From, to, and what refuses the value and the type. */
const finer: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['src/sync/plan/a.ts', 'src/netbox/client.ts', [pure], []],
  ['src/sync/plan/a.ts', 'src/config/clock.ts', [pure], []],
  ['src/sync/plan/a.ts', 'src/sync/open-run.ts', [pure], []],
  ['src/sync/plan/a.ts', 'src/netbox/kinds/values.ts', [], []],
  ['src/sync/plan/a.ts', 'src/errors/proxbox-error.ts', [], []],
  ['src/sync/plan/a.ts', 'node:fs', [pure], []],
  ['src/sync/plan/a.ts', 'node:timers/promises', [pure], []],
  ['src/sync/plan/a.ts', 'zod', [pure], []],
  ['src/sync/plan/a.ts', 'node:crypto', [], []],
  ['src/sync/plan/a.ts', 'ipaddr.js', [], []],
  ['src/sync/stages/devices/map-x.ts', 'src/sync/stages/devices/collect.ts', [pure], []],
  ['src/sync/stages/devices/map-x.ts', 'src/sync/stages/devices/types.ts', [], []],
  ['src/sync/stages/devices/diff.ts', 'node:net', ['home-of-sockets', pure], []],
  ['src/proxmox/parse/a.ts', 'src/proxmox/session.ts', [pure], []],
  ['src/plugin-endpoints/plugin-rows.ts', 'src/netbox/clients.ts', [pure], []],
  ['src/sync/stages/devices/index.ts', 'src/sync/stages/storage/collect.ts', [stages], [stages]],
  ['src/sync/stages/devices/index.ts', 'src/sync/collect/proxmox.ts', [], []],
  ['src/http/routes/a.ts', 'drizzle-orm', ['home-of-sql'], ['home-of-sql']],
  ['src/http/routes/a.ts', 'undici', ['home-of-http-client'], ['home-of-http-client']],
  ['src/http/routes/a.ts', 'fastify', [], []],
  ['src/verbs/a.ts', 'fastify', ['home-of-http-server'], ['home-of-http-server']],
  ['src/verbs/a.ts', '@fastify/cors', ['home-of-http-server'], ['home-of-http-server']],
  ['src/verbs/a.ts', 'node:http', ['home-of-http-server'], ['home-of-http-server']],
  ['src/verbs/a.ts', 'bcrypt', ['home-of-cryptography'], ['home-of-cryptography']],
  ['src/verbs/a.ts', 'pino', ['home-of-log'], []],
  ['src/verbs/a.ts', 'node:child_process', ['home-of-processes'], ['home-of-processes']],
  ['src/transport/a.ts', 'undici', [], []],
  ['src/cli/a.ts', 'test/simulator/index.ts', [product], [product]],
  ['test/simulator/a.ts', 'src/proxmox/host.ts', [simulators], [simulators]],
  ['test/simulator/a.ts', 'test/demo/free-port.ts', [simulators], [simulators]],
  ['test/simulator/a.ts', 'test/simulator/estate/index.ts', [], []],
  ['test/demo/a.ts', 'test/simulator/index.ts', [], []],
  ['test/demo/a.ts', 'src/cli/table.ts', [], []],
  ['test/bench/a.ts', 'src/compose/deps.ts', [demo], [demo]],
];

describe('the finer rules', () => {
  it('refuse what they name, and no other', async () => {
    const verdicts = await verdictsOn(finer.map(([from, to]) => ({ from, to })));

    const found = finer.map(([from, to]) => {
      const { value, type } = verdictOf(verdicts, { from, to });
      return [from, to, value, type];
    });
    expect(found).toEqual(finer);
  });

  it('refuse a circle, also one of types', async () => {
    const circle = [
      { from: 'src/verbs/a.ts', to: 'src/verbs/b.ts' },
      { from: 'src/verbs/b.ts', to: 'src/verbs/a.ts' },
    ];
    const verdicts = await verdictsOn(circle);

    expect(circle.map((one) => verdictOf(verdicts, one))).toEqual([
      { value: ['no-circles'], type: ['no-circles'] },
      { value: ['no-circles'], type: ['no-circles'] },
    ]);
  });
});
