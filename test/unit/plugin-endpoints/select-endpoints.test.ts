import { describe, expect, it } from 'vitest';
import type { ProxmoxEndpoint } from '../../../src/endpoints/types.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import {
  namesIn,
  requireEndpoints,
  selectEndpoints,
  sourceOf,
  sync,
  type EndpointScope,
} from '../../../src/plugin-endpoints/select-endpoints.js';
import { anEndpoint } from '../proxmox/fakes.js';

const plugin = { endpointId: 1, allowWrites: false, enabled: true };
const rows: readonly ProxmoxEndpoint[] = [
  anEndpoint({ id: 1, name: 'one', ipAddress: '10.0.0.1', domain: null }),
  anEndpoint({ id: 2, name: 'two', ipAddress: '10.0.0.2', domain: 'two.lab', plugin: { ...plugin, enabled: false } }),
  anEndpoint({ id: 3, name: 'three', ipAddress: '10.0.0.3', domain: null, enabled: false }),
  anEndpoint({ id: 4, name: 'four', ipAddress: '10.0.0.4', domain: null, plugin }),
];

function readIds(scope: EndpointScope): readonly number[] {
  return selectEndpoints(rows, scope).endpoints.map(({ id }) => id);
}

function syncIds(scope: EndpointScope, candidates = rows): readonly number[] {
  const names = { ...namesIn(scope, sync), source: sourceOf(scope, sync.refuse) };
  return requireEndpoints(candidates, names).map(({ id }) => id);
}

function refusal(work: () => unknown): Pick<ProxboxError, 'code' | 'message' | 'detail'> {
  try {
    work();
  } catch (error) {
    if (error instanceof ProxboxError) return { code: error.code, message: error.message, detail: error.detail };
  }
  throw new Error('not refused');
}

describe('the endpoints that a request means', () => {
  it.each<[string, EndpointScope, readonly number[]]>([
    ['all that are enabled here and in the plugin, when it names none', {}, [1, 4]],
    ['the named ones, also those that the plugin has disabled', { proxmox_endpoint_ids: '2,1' }, [1, 2]],
    ['the ids of the newer parameter', { proxmox_endpoint_ids: '1', endpoint_ids: '4' }, [1]],
    ['those of the older one, where that is alone', { endpoint_ids: ' 4 ' }, [4]],
    ['one by a field of its row', { name: 'four', proxmox_endpoint_ids: '1,4' }, [4]],
    ['the first field that is given', { ip_address: '10.0.0.1', name: 'four' }, [1]],
    ['all, when everything is blank', { proxmox_endpoint_ids: ' ', name: '' }, [1, 4]],
  ])('are %s, for a read and for a sync', (_case, scope, ids) => {
    expect(readIds(scope)).toEqual(ids);
    expect(syncIds(scope)).toEqual(ids);
  });

  it('are none for a read that names none that is usable, and refused for a sync', () => {
    expect(readIds({ proxmox_endpoint_ids: '3,9' })).toEqual([]);
    expect(refusal(() => syncIds({ proxmox_endpoint_ids: '1,3,9' }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(
        /^Unknown or disabled Proxmox endpoint id\(s\): 3, 9\. GET \/proxmox\/endpoints lists them; a disabled one is enabled/,
      ),
    });
    const disabled = rows.map((row) => ({ ...row, enabled: false }));
    expect(refusal(() => syncIds({}, disabled)).message).toContain('All Proxmox endpoints are disabled. Enable one:');
    expect(refusal(() => syncIds({}, [])).message).toContain('No Proxmox endpoints configured. Register one');
    expect(selectEndpoints([], {}).endpoints).toEqual([]);
    expect(refusal(() => syncIds({ source: 'netbox' }, [])).message).toContain('The NetBox plugin has no enabled');
  });

  it('are exactly one when the request can mean no more', () => {
    const isSingle = (scope: EndpointScope): boolean => selectEndpoints(rows, scope).isSingle;

    expect([{ name: 'one' }, { endpoint_ids: '1' }].map(isSingle)).toEqual([true, true]);
    expect([{}, { endpoint_ids: '1,2' }].map(isSingle)).toEqual([false, false]);
  });

  it('are not guessed from what fits nothing', () => {
    const message = 'No result found for Proxmox Sessions based on the provided domain';
    expect(refusal(() => readIds({ domain: 'x' }))).toMatchObject({ code: 'not_configured', message });
    expect(refusal(() => syncIds({ domain: 'x' }))).toEqual({ code: 'bad_request', message, detail: null });
    // A sync by a field leaves out what the plugin has disabled; a read was asked for exactly this one.
    expect(readIds({ domain: 'two.lab' })).toEqual([2]);
    expect(refusal(() => syncIds({ domain: 'two.lab' })).message).toContain('provided domain');
  });

  it.each(['1,x', '-1', '1'.repeat(256), Array.from({ length: 101 }, () => '1').join(',')])(
    'are refused in the words of each for %s',
    (ids) => {
      const read = refusal(() => readIds({ proxmox_endpoint_ids: ids }));
      const message = 'Invalid Proxmox endpoint_ids query parameter';

      expect(read).toMatchObject({ code: 'not_configured', message });
      expect(refusal(() => syncIds({ proxmox_endpoint_ids: ids }))).toEqual({
        code: 'bad_request',
        message: `${message}: ${read.detail as string}`,
        detail: null,
      });
    },
  );

  it('may end in a comma for a read only', () => {
    expect(readIds({ endpoint_ids: '1,' })).toEqual([1]);
    expect(refusal(() => syncIds({ endpoint_ids: '1,' })).code).toBe('bad_request');
  });

  it('come from one of two sources', () => {
    expect([undefined, '', 'database', 'netbox'].map((source) => sourceOf({ source }))).toEqual([
      'database',
      'database',
      'database',
      'netbox',
    ]);
    expect(refusal(() => sourceOf({ source: 'x' })).code).toBe('not_configured');
    expect(refusal(() => sourceOf({ source: 'x' }, sync.refuse)).code).toBe('bad_request');
  });
});
