/** Mistakes with the endpoint of NetBox. */
import { createNetBoxSimulator, defaultTokens, type NetBoxSimulatorOptions } from '../../simulator/netbox/index.js';
import { startTlsFront } from '../../support/tls-front.js';
import { freePort } from '../../demo/free-port.js';
import { anApp } from '../http/app-fixture.js';
import { asked } from './asked.js';
import { answered, diagnosed, type Group, type Told } from './told.js';
import type { House } from './house.js';

type Fields = Readonly<Record<string, unknown>>;

const right: Fields = {
  name: 'netbox',
  ip_address: '127.0.0.1',
  domain: '',
  port: 1,
  token_version: 'v1',
  token: defaultTokens.v1,
  verify_ssl: false,
};

async function refusedWith(fields: Fields, remedy: string): Promise<Told> {
  const request = { method: 'POST', url: '/netbox/endpoint', payload: { ...right, ...fields } } as const;
  return answered(await asked(await anApp(), request), remedy);
}

interface Found {
  readonly fields?: Fields;
  readonly netbox?: NetBoxSimulatorOptions;
  /** A certificate of its own in front of NetBox. */
  readonly isSecure?: boolean;
}

/** What the doctor says of a NetBox that was registered so. */
async function examined(
  house: House,
  code: string,
  { fields = {}, netbox = {}, isSecure = false }: Found,
): Promise<Told> {
  const simulator = createNetBoxSimulator(netbox);
  await simulator.listen();
  const front = isSecure ? await startTlsFront(simulator.url, house.certificates.selfSigned) : undefined;
  const { app, headers } = await anApp({
    cleanup: async () => {
      await front?.close();
      await simulator.close();
    },
  });
  const { port } = new URL(front?.url ?? simulator.url);
  house.show(`127.0.0.1:${port}`, '192.0.2.20:8001');
  const payload = { ...right, port: Number(port), ...fields };
  const stored = await app.inject({ method: 'POST', url: '/netbox/endpoint', headers, payload });
  if (stored.statusCode !== 200) throw new Error(stored.body);
  const { problems } = (await app.inject({ url: '/netbox/doctor', headers })).json();
  return diagnosed(problems, code);
}

export const netbox: Group = {
  title: 'The endpoint of NetBox',
  mistakes: [
    {
      does: 'pastes an address with scheme and path as host',
      seen: async () => refusedWith({ domain: 'https://netbox.example.com/netbox/' }, 'Set domain'),
      more: 'configuration.md#netbox-endpoint',
    },
    {
      does: 'pastes the token with the word before it: `Token 0123...`',
      seen: async () => refusedWith({ token: `Token ${defaultTokens.v1}` }, 'Send only'),
      more: 'configuration.md#netbox-endpoint',
    },
    {
      does: 'pastes the token in quotation marks',
      seen: async () => refusedWith({ token: `"${defaultTokens.v1}"` }, 'Send it'),
      more: 'configuration.md#netbox-endpoint',
    },
    {
      does: 'stores the secret of a v2 token without its key',
      seen: async () => refusedWith({ token_version: 'v2', token_key: '' }, 'must both be set'),
      more: 'configuration.md#netbox-endpoint',
    },
    {
      does: 'stores a token that NetBox does not know',
      seen: async (house) => examined(house, 'netbox_forbidden', { fields: { token: '0'.repeat(40) } }),
      more: 'netbox-permissions.md',
    },
    {
      does: 'stores a token that may only read',
      seen: async (house) =>
        examined(house, 'token_read_only', {
          netbox: { tokens: [{ version: 1, secret: defaultTokens.v1, write: false }] },
        }),
      more: 'netbox-permissions.md',
    },
    {
      does: 'stores the token of a user without permissions',
      seen: async (house) =>
        examined(house, 'permissions_missing', {
          netbox: { tokens: [{ version: 1, secret: defaultTokens.v1, cannotAdd: new Set(['dcim/devices']) }] },
        }),
      more: 'netbox-permissions.md#what-every-full-update-needs',
    },
    {
      does: 'registers a NetBox without the plugin',
      seen: async (house) => examined(house, 'plugin_missing', { netbox: { plugin: 'off' } }),
      more: 'with-the-plugin.md#1-install-the-plugin',
    },
    {
      does: 'leaves out `base_path` where NetBox is served below a path',
      seen: async (house) => examined(house, 'netbox_rejected', { netbox: { basePath: '/netbox' } }),
      more: 'configuration.md#netbox-endpoint',
    },
    {
      does: 'checks the certificate of a NetBox that has signed its own',
      seen: async (house) => examined(house, 'netbox_tls_error', { isSecure: true, fields: { verify_ssl: true } }),
      more: 'configuration.md#netbox-endpoint',
    },
    {
      does: 'checks the certificate of a NetBox that speaks plain HTTP',
      seen: async (house) => examined(house, 'netbox_tls_error', { fields: { verify_ssl: true } }),
      more: 'configuration.md#netbox-endpoint',
    },
    {
      does: 'gives a port where nothing listens',
      seen: async (house) => {
        const port = await freePort();
        house.show(`127.0.0.1:${port}`, '192.0.2.20:8001');
        return examined(house, 'netbox_unreachable', { fields: { port } });
      },
      more: 'configuration.md#netbox-endpoint',
    },
  ],
};
