/** States of services, as monitoring asks for them: also a node that does not answer is an answer. */
import { expect, it } from 'vitest';
import type { AclPreset } from '../../simulator/proxmox/types.js';
import { aLab, exampleOn } from './proxmox-lab.js';

const services = [
  { service: 'pveproxy', name: 'pveproxy', desc: 'PVE API Proxy Server', state: 'running', 'active-state': 'active', 'unit-state': 'enabled' },
  { service: 'ksmtuned', name: 'ksmtuned', desc: 'KSM', state: 'dead', 'active-state': 'inactive', 'unit-state': 'not-found' },
  { state: 'running' },
]; // prettier-ignore

async function aServiceLab(acl: AclPreset = 'full') {
  const estate = exampleOn('9.2');
  estate.clusters[0]!.nodes[0]!.services = services;
  const lab = await aLab({ estate, acl, withDeadEndpoint: true });
  return { ...lab, ask: (query: string) => lab.read(`/proxmox/services/systemd?${query}`) };
}

const unknownHere = {
  result: null,
  main_pid: null,
  exec_main_code: null,
  exec_main_status: null,
  n_restarts: null,
  active_enter_timestamp: null,
};
const proxy = {
  unit: 'pveproxy.service',
  id: 'pveproxy.service',
  description: 'PVE API Proxy Server',
  load_state: 'loaded',
  active_state: 'active',
  sub_state: 'running',
  unit_file_state: 'enabled',
  ...unknownHere,
};

it('the services of the node that answers are told in the words of systemd', async () => {
  const { ask } = await aServiceLab();

  const { status, body } = await ask('endpoint_id=1');

  expect([status, body]).toEqual([
    200,
    {
      endpoint_id: 1,
      host: '127.0.0.1',
      node: 'pve1',
      collected_at: '2026-01-01T00:00:00.000Z',
      reachable: true,
      services: [
        proxy,
        {
          ...proxy,
          unit: 'ksmtuned.service',
          id: 'ksmtuned.service',
          description: 'KSM',
          load_state: 'not-found',
          active_state: 'inactive',
          sub_state: 'dead',
          unit_file_state: 'not-found',
        },
      ],
      error: null,
    },
  ]);
});

it('units are chosen with and without their ending; one that Proxmox does not list is named', async () => {
  const { ask } = await aServiceLab();

  const one = await ask('endpoint_id=1&units=pveproxy.service');
  const unlisted = await ask('endpoint_id=1&units=pveproxy,nginx');

  expect([one.body.services, one.body.error]).toEqual([[proxy], null]);
  expect([unlisted.body.services, unlisted.body.error]).toEqual([
    [proxy],
    { reason: 'units_not_listed', detail: 'Proxmox does not list nginx: nothing is known of them.' },
  ]);
});

it('a node that does not answer, and one that refuses, say so and have no services', async () => {
  const { ask } = await aServiceLab();
  const refusing = await aServiceLab('no-agent');
  refusing.simulators[0]!.faults.add({
    match: { path: /services/ },
    action: { status: 403, reason: 'Permission check failed' },
  });

  const dead = await ask('endpoint_id=2');
  const refused = await refusing.ask('endpoint_id=1');

  expect(dead).toMatchObject({
    status: 200,
    body: { node: null, reachable: false, services: [], error: { reason: 'proxmox_unreachable' } },
  });
  expect(refused).toMatchObject({
    status: 200,
    body: { node: 'pve1', reachable: true, services: [], error: { reason: 'proxmox_forbidden' } },
  });
});

it.each([
  ['', 403],
  ['endpoint_id=9', 403],
  ['endpoint_id=1&units=a;rm', 422],
  [`endpoint_id=1&units=${Array(33).fill('a').join(',')}`, 422],
])('%s is answered with %i', async (query, status) => {
  const { ask, simulators } = await aServiceLab();

  expect((await ask(query)).status).toBe(status);
  expect(simulators[0]!.requestLog).toEqual([]);
});
