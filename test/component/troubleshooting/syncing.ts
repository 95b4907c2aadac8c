/** Mistakes with runs, and with what is expected of them. */
import { removeGuest } from '../../simulator/estate/index.js';
import { anApp } from '../http/app-fixture.js';
import type { ServiceAnswer, World } from '../../support/world.js';
import { asked } from './asked.js';
import { answered, cut, type Group } from './told.js';

/** Of endpoint 1, for as long as something is asked. */
async function whileSet(
  world: World,
  changes: Readonly<Record<string, boolean>>,
  ask: () => Promise<ServiceAnswer>,
): Promise<ServiceAnswer> {
  const before = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, !value]));
  await world.ask('PUT', '/proxmox/endpoints/1', changes);
  try {
    return await ask();
  } finally {
    await world.ask('PUT', '/proxmox/endpoints/1', before);
  }
}

const off = { enabled: false };

export const syncing: Group = {
  title: 'Syncing',
  mistakes: [
    {
      does: 'syncs before NetBox is registered',
      seen: async () => answered(await asked(await anApp(), { url: '/full-update' }), 'Register'),
      more: 'with-the-plugin.md',
    },
    {
      does: 'syncs an endpoint that is not stored',
      seen: async ({ world }) =>
        answered(await world.ask('GET', '/full-update?proxmox_endpoint_ids=77'), 'GET /proxmox'),
      more: 'api.md',
    },
    {
      does: 'syncs an endpoint that is switched off',
      seen: async ({ world }) => {
        const ask = () => world.ask('GET', '/full-update?proxmox_endpoint_ids=1');
        return answered(await whileSet(world, off, ask), 'GET /proxmox');
      },
      more: 'configuration.md#proxmox-endpoints',
    },
    {
      does: 'syncs with no endpoint of Proxmox switched on',
      seen: async ({ world }) =>
        answered(await whileSet(world, off, () => world.ask('GET', '/full-update')), 'Enable one'),
      more: 'configuration.md#proxmox-endpoints',
    },
    {
      does: 'expects a dry run to write: `/full-update?dry_run=true`',
      seen: async ({ world }) => {
        const { complete } = await world.fullUpdate('?dry_run=true');
        return cut('run', complete.message, 'To write');
      },
      more: 'operator-guide.md#what-would-a-sync-do',
    },
    {
      does: 'misspells the parameter of a route: `?dryrun=true`',
      seen: async ({ world }) => answered(await world.ask('GET', '/dcim/devices/create?dryrun=true'), 'Did you'),
      more: 'api.md',
    },
    {
      does: 'expects addresses of guests whose agent is switched off',
      seen: async ({ world }) => {
        const { complete } = await world.fullUpdate();
        const warning = complete.result!.warnings!.find(({ reason }) => reason === 'agent_disabled');
        return cut('run', warning!.message!, 'Enable it');
      },
      more: 'operator-guide.md#why-has-this-machine-no-address-this-name-that-description',
    },
    {
      does: 'deletes a guest in Proxmox, and asks `explain` why its machine is still there, as `decommissioning`',
      seen: async ({ world }) => {
        const [cluster] = world.estate.clusters;
        const [vmid] = cluster!.guests.keys();
        await world.fullUpdate();
        removeGuest(cluster!, vmid!);
        await world.fullUpdate();
        const machine = world.netbox.state.find(
          'virtualization/virtual-machines',
          (row) => row['status'] === 'decommissioning',
        );
        return answered(
          await world.ask('GET', `/explain/netbox/virtual-machine/${String(machine?.['id'])}`),
          'Look whether',
        );
      },
      more: 'operator-guide.md#why-has-this-machine-no-address-this-name-that-description',
    },
    {
      does: 'starts a guest by an endpoint that may not be written to',
      seen: async ({ world }) => answered(await world.ask('POST', '/proxmox/qemu/101/start?endpoint_id=1'), 'Enable'),
      more: 'operational-verbs.md#switching-it-on',
    },
    {
      does: 'opens a console without switching consoles on',
      seen: async ({ world }) => {
        const session = {
          endpoint_id: 1,
          vmid: 101,
          node: 'pve1',
          vm_type: 'qemu',
          console_type: 'novnc',
          origin: 'https://netbox.example.com',
        };
        const ask = () => world.ask('POST', '/proxmox/console/browser-sessions', session);
        return answered(await whileSet(world, { allow_writes: true }, ask), 'Start the');
      },
      more: 'operational-verbs.md#consoles',
    },
  ],
};
