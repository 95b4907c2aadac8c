/** Mistakes with endpoints of Proxmox. */
import { freePort } from '../../demo/free-port.js';
import { aDoctorWorld, byToken, type DoctorWorldOptions } from '../http/proxmox-doctor-world.js';
import { anApp } from '../http/app-fixture.js';
import { answered, cut, diagnosed, type Group, type Told } from './told.js';
import type { House } from './house.js';

type Fields = Readonly<Record<string, unknown>>;

const right: Fields = {
  name: 'pve',
  ip_address: '192.0.2.10',
  port: 8006,
  username: 'netbox@pve',
  token_name: 'sync',
  token_value: '11111111-2222-4333-8444-555555555555',
};

async function posted(...bodies: readonly Fields[]) {
  const { app, headers } = await anApp();
  const answers = [];
  for (const fields of bodies)
    answers.push(
      await app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload: { ...right, ...fields } }),
    );
  const last = answers.at(-1)!;
  return { status: last.statusCode, body: last.json<{ readonly warnings?: readonly string[] }>() };
}

async function examined(house: House, code: string, options: DoctorWorldOptions): Promise<Told> {
  const { simulator, examine } = await aDoctorWorld(options);
  house.show(`127.0.0.1:${simulator.port}`, '192.0.2.10:8006');
  house.show(simulator.port, '8006');
  const { report } = await examine();
  return diagnosed(report.endpoints[0]!.problems, code);
}

export const proxmox: Group = {
  title: 'Endpoints of Proxmox VE',
  mistakes: [
    {
      does: 'pastes the address of the web interface as host',
      seen: async () => answered(await posted({ domain: 'https://pve.example.com:8006/' }), 'Set domain'),
      more: 'configuration.md#proxmox-endpoints',
    },
    {
      does: 'leaves the realm out of the user name',
      seen: async () => {
        const { body } = await posted({ username: 'netbox' });
        return cut('`warnings` of the answer', body.warnings!.join(' '), 'Send the realm');
      },
      more: 'configuration.md#proxmox-endpoints',
    },
    {
      does: 'gives neither password nor token',
      seen: async () => answered(await posted({ token_name: undefined, token_value: undefined }), 'Provide'),
      more: 'configuration.md#proxmox-endpoints',
    },
    {
      does: 'gives a token without its secret',
      seen: async () => answered(await posted({ token_value: undefined }), 'must be provided together'),
      more: 'configuration.md#proxmox-endpoints',
    },
    {
      does: 'stores two endpoints of one name',
      seen: async () => answered(await posted({}, {}), 'Give this one'),
      more: 'configuration.md#proxmox-endpoints',
    },
    {
      does: 'stores a wrong password',
      seen: async (house) => examined(house, 'login_refused', { endpoint: () => ({ password: 'wrong' }) }),
      more: 'proxmox-permissions.md#the-doctor',
    },
    {
      does: 'stores a wrong secret of the token',
      seen: async (house) =>
        examined(house, 'login_refused', {
          endpoint: (simulator) => ({ ...byToken(simulator), token_value: '11111111-2222-4333-8444-555555555555' }),
        }),
      more: 'proxmox-permissions.md#the-doctor',
    },
    {
      does: 'makes a token with privilege separation, and gives it no role',
      seen: async (house) =>
        examined(house, 'token_without_privileges', { acl: 'token-without-acl', endpoint: byToken }),
      more: 'proxmox-permissions.md#the-read-only-role',
    },
    {
      does: 'checks the certificate that Proxmox has made itself',
      seen: async (house) => examined(house, 'tls_rejected', { endpoint: () => ({ verify_ssl: true }) }),
      more: 'proxmox-permissions.md#the-doctor',
    },
    {
      does: 'gives a port where nothing listens',
      seen: async (house) => {
        const port = await freePort();
        house.show(`127.0.0.1:${port}`, '192.0.2.10:8006');
        house.show(port, '8006');
        return examined(house, 'unreachable', { endpoint: () => ({ port }) });
      },
      more: 'configuration.md#proxmox-endpoints',
    },
  ],
};
