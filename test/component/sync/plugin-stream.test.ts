import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate, type Estate } from '../../simulator/estate/index.js';
import { parsePluginStream, readAsPlugin } from '../../support/plugin-stream.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { stages } from './plugin-calls.js';

const odd = [
  'line one\nline two\r\nevent: complete\ndata: {"ok":true}\n\n',
  `"quotes" 'and' \\backslashes\\ </script>`,
  'umlauts äöü, 漢字, emoji 🦄🏳️‍🌈',
  'separators \u2028 and \u2029 and \u0085',
  'half a pair \ud800, a null \u0000 and a bell \u0007',
  'x'.repeat(5000),
  '..',
];

/** Odd texts wherever people can write them in Proxmox: names, tags, notes, snapshots. */
function anOddEstate(): Estate {
  const estate = createEstate({ vms: odd.length * 2, clusters: 2, seed: 3 });
  for (const { guests } of estate.clusters)
    for (const [index, guest] of [...guests.values()].entries()) {
      const text = odd[index] ?? '';
      Object.assign(guest, { name: text, description: text, tags: `${text.slice(0, 200)};ok` });
      if (guest.snapshots === 'unsupported') continue;
      // Proxmox allows 40 characters.
      guest.snapshots.push({ name: text.slice(0, 40), description: text, snaptime: 1_777_000_000 + index });
    }
  return estate;
}

describe('all that a whole job of the plugin reads, with odd names', () => {
  let target: SimulatedTarget;
  const read = (path: string) => readAsPlugin(`${target.world.url}${path}`, target.world.apiKey);
  beforeAll(async () => {
    target = await openSimulated(anOddEstate());
  });
  afterAll(() => target.close());

  it.each([...stages(1), ...stages(2), '/full-update/stream'])(
    '%#: keeps to the rules of its parser, and writes nothing the second time',
    async (path) => {
      const first = await read(path);
      const { writes } = await target.watch(() => read(path));

      expect(first.at(-1)?.data).toMatchObject({ ok: true, errors: [] });
      expect(writes).toEqual([]);
      // The plugin cuts the lines of its job log there, and its live panel loses what was cut.
      const shown = first.filter(({ event }) =>
        ['item_progress', 'substep', 'phase_summary', 'discovery', 'error_detail'].includes(event),
      );
      expect(shown.length).toBeGreaterThan(0);
      for (const { data } of shown) expect(JSON.stringify(data).length).toBeLessThanOrEqual(600);
    },
  );

  it('a run that fails as well', async () => {
    // Sessions of the runs before would know the nodes for a while.
    await target.world.restart();
    for (const { faults } of target.world.proxmox)
      faults.add({ match: { path: /./ }, action: { status: 500, reason: 'odd \u2028 "trouble" 🦄' } });

    const frames = await read('/full-update/stream');

    expect(frames.at(-1)?.data).toMatchObject({ ok: false, result: { status: 'failed' } });
  });
});

describe('the parser', () => {
  const complete = 'event: complete\ndata: {"ok":true,"message":null,"result":null,"errors":[]}\n\n';

  it.each([
    ['an id line', `id: 1\n${complete}`, /event line comes first|one event line/],
    ['a line separator', complete.replace('null', '"\u2028"'), /only printable/],
    ['no complete frame', ': keepalive\n\n', /one complete frame/],
    ['two of them', complete + complete, /one complete frame/],
    ['an unknown event', `event: news\ndata: {}\n\n${complete}`, /does not know/],
    [
      'an unknown field',
      `event: step\ndata: {"step":"a","status":"started","message":"","more":1}\n\n${complete}`,
      /more/,
    ],
    ['a failure without an error', complete.replace('true', 'false'), /an error frame before/],
    ['a cut end', complete.slice(0, -1), /empty line/],
  ])('refuses %s', (_text, body, rule) => {
    expect(() => parsePluginStream(body)).toThrow(rule);
    expect(parsePluginStream(complete)).toHaveLength(1);
  });
});
