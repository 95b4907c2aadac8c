import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeSince, sameness, type Installation } from '../../../../src/sync/plan/same-cluster.js';

const nodes = (...places: readonly string[]): Installation['nodes'] =>
  places.map((place) => {
    const [name = '', ip = ''] = place.split('@');
    return { name, ip };
  });

function anInstallation(changes: Partial<Installation> = {}): Installation {
  return { identity: 'a', mode: 'cluster', name: 'lab', nodes: nodes('pve1@10.0.0.1', 'pve2@10.0.0.2'), ...changes };
}

const unreadable = { identity: null };

describe('whether two endpoints lead to one cluster', () => {
  it.each<[string, Partial<Installation>, Partial<Installation>, string]>([
    ['rule 1: equal root certificates and a common node', {}, { nodes: nodes('pve2@10.0.0.2') }, 'same'],
    [
      'rule 1: also when it was renamed, and when names of nodes differ in case',
      {},
      { name: 'x', nodes: nodes('PVE1@10.0.0.1') },
      'same',
    ],
    [
      'rule 1: a host that has joined is a node of the cluster',
      {},
      { mode: 'standalone', nodes: nodes('pve1@10.0.0.1') },
      'same',
    ],
    ['rule 1: different root certificates, though everything else is equal', {}, { identity: 'b' }, 'other'],
    ['rule 1: a clone', {}, { nodes: nodes('pve1@10.0.9.1') }, 'unverified'],
    ['rule 1: a clone with other names of nodes', {}, { nodes: nodes('x@10.0.0.1') }, 'unverified'],
    ['rule 1: equal root certificates, and an address that nobody knows', {}, { nodes: nodes('pve1@') }, 'unknown'],
    ['rule 2: unreadable, the same mode and a common node', unreadable, {}, 'same'],
    ['rule 2: unreadable on both sides', unreadable, unreadable, 'same'],
    ['rule 2: unreadable, and the node has another address', unreadable, { nodes: nodes('pve1@10.0.9.1') }, 'other'],
    ['rule 2: unreadable, and another mode', unreadable, { mode: 'standalone' }, 'unverified'],
    ['rule 2: unreadable, and no common name of a node', unreadable, { nodes: nodes('x@10.0.0.1') }, 'unverified'],
    ['rule 2: unreadable, a common node, and another name at the same time', unreadable, { name: 'edge' }, 'other'],
    ['rule 2: unreadable, and an address that nobody knows', unreadable, { nodes: nodes('pve1@') }, 'unknown'],
  ])('%s', (_rule, a, b, expected) => {
    expect(sameness(anInstallation(a), anInstallation(b))).toBe(expected);
  });

  const installations: fc.Arbitrary<Installation> = fc.record({
    identity: fc.constantFrom('a', 'b', null),
    mode: fc.constantFrom('cluster', 'standalone'),
    name: fc.constantFrom('pve', 'lab'),
    nodes: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('pve', 'pve1', 'pve2'), ip: fc.constantFrom('10.0.0.1', '10.0.0.2', '') }),
      { selector: ({ name }) => name, maxLength: 3 },
    ),
  });
  const runs = { seed: 20261127, numRuns: 2000 };

  it('does not depend on which is asked first', () => {
    fc.assert(
      fc.property(installations, installations, (a, b) => {
        expect(sameness(a, b)).toBe(sameness(b, a));
      }),
      runs,
    );
  });

  it('is never yes without a node that has the same name and address, nor with two root certificates', () => {
    fc.assert(
      fc.property(installations, installations, (a, b) => {
        if (sameness(a, b) !== 'same') return;
        const common = a.nodes.filter(
          ({ name, ip }) => ip !== '' && b.nodes.some((one) => one.name === name && one.ip === ip),
        );
        expect(common).not.toEqual([]);
        expect(a.identity === null || b.identity === null || a.identity === b.identity).toBe(true);
      }),
      runs,
    );
  });
});

describe('what became of an installation', () => {
  it.each<[string, Partial<Installation>, Partial<Installation>, string]>([
    ['nothing', {}, {}, 'none'],
    ['other addresses, the same root certificate', {}, { nodes: nodes('pve1@10.9.9.1') }, 'none'],
    ['another root certificate at the same place', {}, { identity: 'b' }, 'renewed'],
    [
      'a standalone host joined',
      { mode: 'standalone', name: 'pve1', nodes: nodes('pve1@10.0.0.1') },
      { identity: 'b' },
      'joined',
    ],
    ['another root certificate elsewhere', {}, { identity: 'b', nodes: nodes('pve1@10.9.9.1') }, 'elsewhere'],
    ...[{}, { identity: 'b' }, { identity: null }].map(
      (identity): [string, Partial<Installation>, Partial<Installation>, string] => [
        `a node of several is a host of its own, with the root certificate ${JSON.stringify(identity)}`,
        { nodes: nodes('pve1@10.0.0.1', 'pve2@10.0.0.2') },
        { mode: 'standalone', name: 'pve1', nodes: nodes('pve1@10.0.0.1'), ...identity },
        'separated',
      ],
    ),
    [
      'the last node of a cluster, which another one had left, is a host of its own',
      { nodes: nodes('pve1@10.0.0.1', 'pve2@') },
      { mode: 'standalone', name: 'pve1', nodes: nodes('pve1@10.0.0.1') },
      'none',
    ],
    ['unreadable before, at another address now', unreadable, { nodes: nodes('pve1@10.9.9.1') }, 'elsewhere'],
    ['unreadable now, at another address', {}, { ...unreadable, nodes: nodes('pve1@10.9.9.1') }, 'elsewhere'],
    ['unreadable now, another name at the address', {}, { ...unreadable, nodes: nodes('n1@10.0.0.1') }, 'elsewhere'],
    ['never readable, another name at the address', unreadable, { ...unreadable, nodes: nodes('n1@10.0.0.1') }, 'none'],
    ['unreadable now, at the same place', {}, unreadable, 'none'],
    ['unreadable before, and an address that nobody knew', { ...unreadable, nodes: nodes('pve1@') }, {}, 'none'],
  ])('%s', (_what, before, now, expected) => {
    expect(changeSince(anInstallation(before), anInstallation(now))).toBe(expected);
  });
});
