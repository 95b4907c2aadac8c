import { describe, expect, it } from 'vitest';
import { pluginSource } from '../../../src/plugin-endpoints/plugin-source.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import type { ProxmoxEndpoint } from '../../../src/endpoints/types.js';
import type { NetBoxRecord } from '../../../src/netbox/types.js';
import { anEndpoint } from '../proxmox/fakes.js';

const aRow = (id: number, changes: Readonly<Record<string, unknown>> = {}): NetBoxRecord => ({
  id,
  name: 'lab',
  domain: 'pve.lab',
  ip_address: { id: 9, address: '10.0.0.10/24' },
  port: 8006,
  username: 'sync@pve',
  verify_ssl: true,
  enabled: true,
  access_methods: 'api',
  timeout: 30,
  max_retries: null,
  retry_backoff: '1.50',
  site: { id: 4, slug: 'here', display: 'Here' },
  tenant: null,
  ...changes,
});

const aStored = (id: number, changes: Partial<ProxmoxEndpoint> = {}) =>
  anEndpoint({ id, name: `stored-${id}`, domain: null, ipAddress: '10.9.9.9', port: 8006, ...changes });

function usable(rows: readonly ReturnType<typeof aRow>[], stored: readonly ProxmoxEndpoint[], pluginId = 3) {
  const source = pluginSource({ rows, stored, checkHosts: () => undefined });
  return source.usable(source.candidates.find(({ id }) => id === pluginId)!);
}

function refusal(work: () => unknown): ProxboxError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof ProxboxError ? error : undefined;
  }
}

describe('the rows of the plugin as source of endpoints', () => {
  it('give everything but the secrets and the id, which are those of the endpoint that was pushed for the row', () => {
    const endpoint = usable([aRow(3)], [aStored(1), aStored(7, { name: 'old name (nb:3)', allowWrites: true })]);

    expect(endpoint).toMatchObject({
      id: 7,
      name: 'lab (nb:3)',
      domain: 'pve.lab',
      ipAddress: '10.0.0.10',
      port: 8006,
      username: 'sync@pve',
      verifySsl: true,
      allowWrites: true,
      timeoutS: 30,
      maxRetries: null,
      retryBackoffS: 1.5,
      site: { id: 4, slug: 'here', name: 'Here' },
      tenant: { id: null, slug: null, name: null },
    });
  });

  it.each([
    ['host name and port', { domain: 'pve.lab', ipAddress: '10.9.9.9' }],
    ['address and port, when one of both has no host name', { domain: null, ipAddress: '10.0.0.10' }],
  ])('are joined to a stored endpoint without suffix by %s', (_by, target) => {
    expect(usable([aRow(3)], [aStored(1), aStored(7, target)]).id).toBe(7);
  });

  it('prefer an enabled stored endpoint', () => {
    const stored = [aStored(1, { name: 'a (nb:3)', enabled: false }), aStored(2, { name: 'b (nb:3)' })];

    expect(usable([aRow(3)], stored).id).toBe(2);
  });

  it('share no stored endpoint: the one with the suffix keeps it', () => {
    const stored = [aStored(7, { name: 'lab (nb:3)', domain: 'pve.lab' })];

    expect(refusal(() => usable([aRow(2), aRow(3)], stored, 2))).toMatchObject({ code: 'not_configured' });
    expect(usable([aRow(2), aRow(3)], stored, 3).id).toBe(7);
  });

  it('without a stored endpoint say what to do', () => {
    expect(refusal(() => usable([aRow(3, { port: 443 })], [aStored(7, { domain: 'pve.lab' })]))?.message).toBe(
      "Proxmox endpoint 'lab': credentials are not readable from NetBox; push the endpoint or use source=database",
    );
  });

  it('are not connected to when the address is blocked', () => {
    const source = pluginSource({
      rows: [aRow(3)],
      stored: [aStored(7, { name: 'lab (nb:3)' })],
      checkHosts: ({ ipAddress }) => {
        throw new ProxboxError('bad_request', `blocked ${ipAddress}`);
      },
    });

    expect(refusal(() => source.usable(source.candidates[0]!))?.message).toBe('blocked 10.0.0.10');
  });

  it('make another connection when they differ, and the same one when they do not', () => {
    const stored = [aStored(7, { name: 'lab (nb:3)', revision: 'r' })];
    const first = usable([aRow(3)], stored).revision;

    expect(usable([aRow(3)], stored).revision).toBe(first);
    expect(usable([aRow(3, { username: 'other@pve' })], stored).revision).not.toBe(first);
    expect(usable([aRow(3)], [{ ...stored[0]!, revision: 'r2' }]).revision).not.toBe(first);
  });
});
