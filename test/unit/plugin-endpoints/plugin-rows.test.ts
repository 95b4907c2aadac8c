import { describe, expect, it } from 'vitest';
import type { NetBoxRecord } from '../../../src/netbox/types.js';
import {
  pluginEndpointOf,
  pluginEndpointOfCluster,
  sameTarget,
  type EndpointTarget,
} from '../../../src/plugin-endpoints/plugin-rows.js';
import { anEndpointTarget } from '../../support/factories/sync.js';

function aRow(id: number, fields: Readonly<Record<string, unknown>> = {}): NetBoxRecord {
  return { id, name: `row ${id}`, domain: '', ip_address: { address: '10.9.9.9/32' }, port: 8006, ...fields };
}

const stranger = aRow(50, { name: 'stranger', ip_address: { address: '10.8.8.8/24' } });

describe("the plugin's row of an endpoint", () => {
  it.each<[string, Partial<EndpointTarget>, readonly NetBoxRecord[], number | undefined]>([
    [
      'is the one of the suffix',
      { name: 'lab (nb:7)' },
      [aRow(7, { ip_address: { address: '10.0.0.10/24' } }), aRow(8, { ip_address: '10.0.0.10' })],
      7,
    ],
    [
      'is not the one of the suffix when that leads elsewhere',
      { name: 'lab (nb:7)' },
      [aRow(7), aRow(8, { ip_address: '10.0.0.10' })],
      8,
    ],
    ['is the only one with the domain and port', { domain: 'pve.lan' }, [aRow(7, { domain: 'pve.lan' }), stranger], 7],
    [
      'goes by domain before address',
      { domain: 'pve.lan' },
      [aRow(7, { domain: 'pve.lan' }), aRow(8, { ip_address: '10.0.0.10/32' })],
      7,
    ],
    [
      'is the only one with the address and port',
      {},
      [aRow(8, { ip_address: { address: '10.0.0.10/32' } }), stranger],
      8,
    ],
    [
      'goes by name without the suffix',
      { name: 'lab (nb:99)', ipAddress: '10.7.7.7' },
      [aRow(8, { name: 'lab' }), stranger],
      8,
    ],
    [
      'is not the one at the same address on another port',
      { name: 'x' },
      [aRow(8, { ip_address: '10.0.0.10', port: 8007 }), stranger],
      undefined,
    ],
    ['is the only one there is', { name: 'x', ipAddress: '10.7.7.7' }, [stranger], 50],
    [
      'cannot be told among several that fit equally',
      { name: 'x' },
      [aRow(8, { ip_address: '10.0.0.10' }), aRow(9, { ip_address: '10.0.0.10' })],
      undefined,
    ],
    [
      'cannot be told among several that do not fit',
      { name: 'x', ipAddress: '10.7.7.7' },
      [aRow(8), stranger],
      undefined,
    ],
    ['is none without rows', {}, [], undefined],
  ])('%s', (_behaviour, changes, rows, expected) => {
    expect(pluginEndpointOf(anEndpointTarget({ name: 'lab', ...changes }), rows)?.id).toBe(expected);
  });
});

describe('whether a row leads to the same target', () => {
  it.each<[Partial<EndpointTarget>, Readonly<Record<string, unknown>>, boolean]>([
    [{}, { ip_address: '10.0.0.10' }, true],
    [{}, { ip_address: { address: '10.0.0.10/24' } }, true],
    [{}, { ip_address: '10.0.0.11' }, false],
    [{}, { ip_address: '10.0.0.10', port: 8007 }, false],
    [{ port: 8006 }, { ip_address: '10.0.0.10', port: null }, true],
    [{ domain: 'pve.lan' }, { domain: 'pve.lan', ip_address: '10.1.1.1' }, true],
    [{ domain: 'pve.lan' }, { domain: 'other.lan', ip_address: '10.0.0.10' }, false],
    [{ domain: 'pve.lan' }, { domain: '', ip_address: '10.0.0.10' }, true],
  ])('%j and %j: %j', (target, row, expected) => {
    expect(sameTarget(anEndpointTarget(target), aRow(1, row))).toBe(expected);
  });
});

describe("the plugin's row of a cluster", () => {
  const own = anEndpointTarget({ name: 'one', ipAddress: '10.0.0.10' });
  const other = anEndpointTarget({ name: 'two', ipAddress: '10.0.0.20' });
  const cluster = { owner: { endpointId: 1 }, endpointIds: [1] };
  const endpoints = new Map([
    [1, own],
    [2, other],
  ]);

  it('is that of its owner', () => {
    const rows = [aRow(7, { ip_address: '10.0.0.10/24' }), aRow(8, { ip_address: '10.0.0.20/24' })];

    expect(pluginEndpointOfCluster(cluster, endpoints, rows)?.id).toBe(7);
  });

  it('may be guessed while no other cluster would guess the same', () => {
    expect(pluginEndpointOfCluster(cluster, new Map([[1, own]]), [aRow(7)])?.id).toBe(7);
    expect(pluginEndpointOfCluster({ ...cluster, endpointIds: [1, 2] }, endpoints, [aRow(7)])?.id).toBe(7);
    expect(pluginEndpointOfCluster(cluster, endpoints, [aRow(7)])).toBeUndefined();
  });

  it('stays its own when another cluster can only guess it', () => {
    const rows = [aRow(7, { ip_address: '10.0.0.10/24' })];

    expect(pluginEndpointOfCluster(cluster, endpoints, rows)?.id).toBe(7);
    expect(pluginEndpointOfCluster({ owner: { endpointId: 2 }, endpointIds: [2] }, endpoints, rows)).toBeUndefined();
  });

  it('is unknown when its owner is', () => {
    expect(
      pluginEndpointOfCluster({ owner: { endpointId: 9 }, endpointIds: [9] }, endpoints, [aRow(7)]),
    ).toBeUndefined();
  });
});
