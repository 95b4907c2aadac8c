import { describe, expect, it } from 'vitest';
import { createNetBoxSimulator, defaultTokens } from '../../simulator/netbox/index.js';
import { anApp } from './app-fixture.js';
import { eventually } from '../../support/eventually.js';

describe("the switch for writing on the plugin's page", () => {
  it('counts soon after a write was refused because it was off here, and leaves a security event', async () => {
    const netbox = createNetBoxSimulator();
    await netbox.listen();
    const { app, deps, headers, logLines } = await anApp({ cleanup: () => netbox.close() });
    const send = (method: 'POST' | 'GET', url: string, payload?: object) =>
      app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    const { key: token_key, secret: token } = defaultTokens.v2;
    const port = Number(new URL(netbox.url).port);
    const nowhere = { domain: '', verify_ssl: false };
    const account = { token_version: 'v2', token_key, token };
    await send('POST', '/netbox/endpoint', { name: 'netbox', ip_address: '127.0.0.1', port, ...nowhere, ...account });
    await fetch(`${netbox.url}/api/plugins/proxbox/endpoints/proxmox/`, {
      method: 'POST',
      headers: { authorization: `Token ${defaultTokens.v1}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'lab', mode: 'cluster', domain: 'pve.lab', allow_writes: true }),
    });
    const stored = { name: 'lab (nb:1)', domain: 'pve.lab', ip_address: '10.0.0.10', username: 'root@pam' };
    await send('POST', '/proxmox/endpoints', { ...stored, password: 'hunter2-hunter2' });
    deps.pluginMirror.start();

    const refused = await send('POST', '/proxmox/qemu/100/start?endpoint_id=1');

    expect([refused.statusCode, refused.json().reason]).toEqual([403, 'endpoint_writes_disabled']);
    await eventually(() => expect(deps.proxmoxEndpoints.get(1).allow_writes).toBe(true));
    const event = logLines.find((line) => line.includes('allow_writes_changed'));
    expect(JSON.parse(event ?? '{}')).toMatchObject({
      security: true,
      endpointId: 1,
      allowWrites: true,
      origin: 'plugin',
    });
  });
});
