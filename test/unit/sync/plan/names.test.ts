import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  goneName,
  isNameWanted,
  isVariantOf,
  resolveNames,
  type NameRequest,
  type ResolvedName,
} from '../../../../src/sync/plan/names.js';

function aRequest(changes: Partial<NameRequest> = {}): NameRequest {
  return { key: 'k', cluster: 'lab', vmid: 101, candidate: 'gateway', ...changes };
}

function resolveOne(request: Partial<NameRequest>, taken: readonly string[] = []): ResolvedName | undefined {
  return resolveNames([aRequest(request)], taken).get('k');
}

const plain = (name: string, suffixIndex = 1): ResolvedName => ({ name, suffixIndex, operatorRenamed: false });
const operators = (name: string): ResolvedName => ({ name, suffixIndex: 1, operatorRenamed: true });

describe('the name of one guest', () => {
  it.each<[string, Partial<NameRequest>, readonly string[], ResolvedName]>([
    ['takes the bare name when it is free', {}, [], plain('gateway')],
    ['takes a suffix when the name is taken', {}, ['gateway'], plain('gateway (2)', 2)],
    ['takes the first free suffix', {}, ['gateway', 'gateway (2)', 'gateway (4)'], plain('gateway (3)', 3)],
    [
      'keeps its suffix on the next run',
      { stored: 'gateway (2)', lastSynced: 'gateway' },
      ['gateway'],
      plain('gateway (2)', 2),
    ],
    [
      'takes the bare name back when it is free again',
      { stored: 'gateway (2)', lastSynced: 'gateway' },
      [],
      plain('gateway'),
    ],
    ['does not see case, and keeps the case of Proxmox', { candidate: 'Web' }, ['web'], plain('Web (2)', 2)],
    ['follows a change of case only', { candidate: 'WEB', stored: 'web', lastSynced: 'web' }, [], plain('WEB')],
    [
      'leaves the name that an operator gave',
      { stored: 'gateway-prod', lastSynced: 'gateway' },
      [],
      operators('gateway-prod'),
    ],
    [
      'leaves the name that an operator gave when Proxmox renames too',
      { stored: 'gateway-prod', candidate: 'web-02', lastSynced: 'web-01' },
      [],
      operators('gateway-prod'),
    ],
    [
      'follows a rename in Proxmox',
      { stored: 'web-01', candidate: 'web-02', lastSynced: 'web-01' },
      [],
      plain('web-02'),
    ],
    [
      'follows a rename of a suffixed guest',
      { stored: 'web-01 (2)', candidate: 'web-02', lastSynced: 'web-01' },
      [],
      plain('web-02'),
    ],
    [
      'follows a rename into a clash',
      { stored: 'web-01', candidate: 'web-02', lastSynced: 'web-01' },
      ['web-02'],
      plain('web-02 (2)', 2),
    ],
    ['leaves the stored name without evidence', { stored: 'web-01', candidate: 'web-02' }, [], operators('web-01')],
    [
      'leaves the stored name with empty evidence',
      { stored: 'web-01', candidate: 'web-02', lastSynced: '' },
      [],
      operators('web-01'),
    ],
    [
      'gives a name to a guest whose rename was cut off',
      { stored: 'web-01 (renaming 12)', candidate: 'web-02', lastSynced: 'web-01' },
      [],
      plain('web-02'),
    ],
  ])('%s', (_behaviour, request, taken, expected) => {
    expect(resolveOne(request, taken)).toEqual(expected);
  });
});

describe('names of several guests', () => {
  it('go by VMID, whatever the order of the list', () => {
    const requests = [aRequest({ key: 'b', vmid: 205 }), aRequest({ key: 'a', vmid: 101 })];
    const names = (list: readonly NameRequest[]) =>
      Object.fromEntries([...resolveNames(list, [])].map(([key, { name }]) => [key, name]));
    expect(names(requests)).toEqual({ a: 'gateway', b: 'gateway (2)' });
    expect(names([...requests].reverse())).toEqual({ a: 'gateway', b: 'gateway (2)' });
  });

  it('go by the name of the Proxmox cluster first, without regard to case', () => {
    const names = resolveNames(
      [aRequest({ key: 'b', cluster: 'Beta', vmid: 1 }), aRequest({ key: 'a', cluster: 'alpha', vmid: 9 })],
      [],
    );
    expect([names.get('a')?.name, names.get('b')?.name]).toEqual(['gateway', 'gateway (2)']);
  });

  it('make room for a name that an operator gave to a guest with a higher VMID', () => {
    const names = resolveNames(
      [
        aRequest({ key: 'a' }),
        aRequest({ key: 'b', vmid: 205, candidate: 'web', stored: 'Gateway', lastSynced: 'web' }),
      ],
      [],
    );
    expect([names.get('a')?.name, names.get('b')?.name]).toEqual(['gateway (2)', 'Gateway']);
  });

  it('swap when the guests swapped in Proxmox', () => {
    const names = resolveNames(
      [
        aRequest({ key: 'a', candidate: 'two', stored: 'one', lastSynced: 'one' }),
        aRequest({ key: 'b', vmid: 102, candidate: 'one', stored: 'two', lastSynced: 'two' }),
      ],
      [],
    );
    expect([names.get('a')?.name, names.get('b')?.name]).toEqual(['two', 'one']);
  });
});

describe('long names', () => {
  const long = 'a'.repeat(64);

  it('are cut to 64 characters together with their suffix', () => {
    expect(resolveOne({ candidate: `${long}b` })?.name).toBe(long);
    expect(resolveOne({ candidate: long }, [long])?.name).toBe(`${'a'.repeat(60)} (2)`);
    expect(resolveOne({ candidate: `${'a'.repeat(58)}  bbbb` }, [`${'a'.repeat(58)}  bbbb`])?.name).toBe(
      `${'a'.repeat(58)} (2)`,
    );
  });

  it.each([long, `${'a'.repeat(58)}  bbbb`, '\u{1F600}'.repeat(64)])(
    'are recognised on the next run although the suffix cut them: %s',
    (candidate) => {
      const first = resolveOne({ candidate }, [candidate])?.name ?? '';
      expect(Array.from(first).length).toBeLessThanOrEqual(64);
      expect(resolveOne({ candidate, stored: first, lastSynced: candidate }, [candidate])).toEqual(plain(first, 2));
    },
  );

  it('are cut between characters, never inside one', () => {
    const name = resolveOne({ candidate: `x${'\u{1F600}'.repeat(64)}` })?.name ?? '';
    expect(name).toBe(`x${'\u{1F600}'.repeat(63)}`);
  });
});

describe('variants of a name', () => {
  it.each([
    ['web', 'web', true],
    ['Web (2)', 'wEB', true],
    ['web (12)', 'web', true],
    ['web (2) (3)', 'web (2)', true],
    ['web (two)', 'web', false],
    ['web(2)', 'web', false],
    ['webs', 'web', false],
    ['we (2)', 'web', false],
  ])('%s of %s: %j', (name, base, expected) => expect(isVariantOf(name, base)).toBe(expected));
});

describe('any set of guests', () => {
  const someName = fc.oneof(
    fc.constantFrom('web', 'Web', 'WEB', 'web (2)', 'db', 'a'.repeat(64), 'A'.repeat(63), `${'a'.repeat(59)} (2)`),
    fc.string({ minLength: 1, maxLength: 70, unit: 'grapheme' }).map((text) => text.trim() || 'x'),
  );
  const guests = fc.uniqueArray(fc.tuple(fc.integer({ min: 100, max: 130 }), someName), { selector: ([vmid]) => vmid });
  const requestsOf = (list: readonly (readonly [number, string])[]) =>
    list.map(([vmid, candidate]) => aRequest({ key: `${vmid}`, vmid, candidate }));

  it('never gets two equal names, and nothing changes on the next run', () => {
    fc.assert(
      fc.property(guests, fc.array(someName), (list, taken) => {
        const requests = requestsOf(list);
        const first = resolveNames(requests, taken);
        const names = [...first.values()].map(({ name }) => name.toLowerCase());
        expect(new Set([...names, ...taken.map((name) => name.toLowerCase())]).size).toBe(
          names.length + new Set(taken.map((name) => name.toLowerCase())).size,
        );
        const again = resolveNames(
          requests.map((request) => ({
            ...request,
            stored: first.get(request.key)?.name ?? '',
            lastSynced: request.candidate,
          })),
          taken,
        );
        expect([...again]).toEqual([...first]);
      }),
      { seed: 20260101, numRuns: 300 },
    );
  });

  it('gets the same names in any order', () => {
    fc.assert(
      fc.property(
        guests.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          const names = (some: readonly (readonly [number, string])[]) =>
            [...resolveNames(requestsOf(some), [])].map(([key, { name }]) => `${key} ${name}`).sort();
          expect(names(shuffled)).toEqual(names(list));
        },
      ),
      { seed: 20260102, numRuns: 300 },
    );
  });
});

describe('the name that a dead machine gave up', () => {
  it.each<[string, string, number, readonly string[], string]>([
    ['says which guest it was', 'web', 101, ['web'], 'web (gone 101)'],
    ['is another one where that is taken', 'web', 101, ['web (gone 101)'], 'web (gone 101) (2)'],
    ['fits into the field of NetBox', 'a'.repeat(64), 101, [], `${'a'.repeat(53)} (gone 101)`],
  ])('%s', (_what, name, vmid, taken, expected) => {
    expect(goneName(name, vmid, new Set(taken))).toBe(expected);
  });

  const back = (stored: string, changes: Partial<NameRequest> = {}) => ({ stored, lastSynced: 'gateway', ...changes });

  it.each<[string, Partial<NameRequest>, readonly string[], ResolvedName]>([
    ['that of Proxmox, where it is free', back('gateway (gone 101)'), [], plain('gateway')],
    ['the next one, where it is not', back('gateway (gone 101)'), ['gateway'], plain('gateway (2)', 2)],
    ['that of an operator', back('front door (gone 101)'), [], plain('front door')],
    ['also when a second one was called so', back('gateway (gone 101) (2)'), [], plain('gateway')],
    ['but not what looks like that of another guest', back('x (gone 7)'), [], operators('x (gone 7)')],
    [
      'nor what Proxmox itself calls it',
      back('x (gone 101)', { candidate: 'x (gone 101)' }),
      [],
      plain('x (gone 101)'),
    ],
  ])('comes back with the guest: %s', (_what, request, taken, expected) => {
    expect(resolveOne(request, taken)).toEqual(expected);
  });

  it.each<[string, Readonly<Record<string, number>>, boolean]>([
    ['web', { web: 1 }, true],
    ['Web', { web: 1 }, true],
    ['web', { db: 1 }, false],
    ['web (2)', { web: 1 }, false],
    ['web (2)', { web: 2 }, true],
    ['web (2)', { 'web (2)': 1 }, true],
  ])('%s is wanted by %j: %j', (name, wanted, expected) => {
    expect(isNameWanted(name, new Map(Object.entries(wanted)))).toBe(expected);
  });
});
