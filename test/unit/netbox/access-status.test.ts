import { describe, expect, it } from 'vitest';
import type { NetBoxEndpoint } from '../../../src/endpoints/types.js';
import { createNetBoxAccess, type NetBoxAccess } from '../../../src/netbox/access.js';
import type { ClientScope, NetBoxClient } from '../../../src/netbox/types.js';
import { Secret } from '../../../src/config/secret.js';
import { createSteppedClock } from '../../support/stepped-clock.js';

const endpoint: NetBoxEndpoint = {
  id: 1,
  name: 'netbox',
  ipAddress: '10.0.0.20',
  domain: '',
  port: 443,
  basePath: '',
  tokenVersion: 'v1',
  verifySsl: true,
  enabled: true,
  revision: 'r',
};

function accessTo(answer: (scope: ClientScope) => Promise<unknown>) {
  const clock = createSteppedClock();
  const client: Partial<NetBoxClient> = {
    scoped: (scope) => ({ ...client, get: () => answer(scope) }) as NetBoxClient,
  };
  const access: NetBoxAccess = createNetBoxAccess({
    clock,
    netboxEndpoints: {
      active: () => endpoint,
      find: () => endpoint,
      credentials: () => ({ tokenKey: null, token: new Secret('t') }),
    },
    netboxClients: { forEndpoint: () => client as NetBoxClient, fetchPluginSettings: () => Promise.resolve({}) },
    baseUrlOf: () => Promise.resolve('https://10.0.0.20'),
  });
  return { clock, access };
}

const untilAborted = ({ signal }: ClientScope): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('the status of NetBox', () => {
  it('is what NetBox answers, asked with less patience than there is time', async () => {
    let scope: ClientScope | undefined;
    const { access } = accessTo((given) => {
      scope = given;
      return Promise.resolve({ 'netbox-version': '4.7.3' });
    });

    expect(await access.status()).toEqual({ 'netbox-version': '4.7.3' });
    expect(scope?.patienceMs).toBe(8_000);
  });

  it('is a time-out with a plain sentence after 10 s', async () => {
    const { access, clock } = accessTo(untilAborted);
    const failed = access.status().catch((error: unknown) => error);
    await Promise.resolve();
    await Promise.resolve();
    clock.step(10_000);

    expect(await failed).toMatchObject({
      code: 'netbox_timeout',
      status: 504,
      message: 'NetBox did not answer within 10 s.',
    });
  });
});
