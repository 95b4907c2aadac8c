/** What a sync asks of NetBox is in the table of permissions, from which the doctor and the documentation are made. */
import { expect, it } from 'vitest';
import type { Action } from '../../../src/netbox/actions.js';
import { rights } from '../../../src/netbox/rights.js';
import { createFixtureEstate } from '../../simulator/estate/index.js';
import { openWorld } from '../../support/world.js';

const actionOf: Readonly<Record<string, Action>> = {
  GET: 'view',
  HEAD: 'view',
  OPTIONS: 'view',
  POST: 'add',
  PATCH: 'change',
  PUT: 'change',
  DELETE: 'delete',
};

/** Everybody may ask these. */
const further = /^\/api\/(status|authentication-check)\//;

it('needs no other permission, whatever there is in Proxmox and whatever has gone', async () => {
  const world = await openWorld({ estate: createFixtureEstate(), netbox: {} });
  try {
    world.netbox.resetCounters();
    const query = 'orphan_action=delete&delete_orphans=true&sync_mode_sdn=always&delete_nonexistent_backup=true';
    await world.stream(`/full-update/stream?${query}`);
    for (const cluster of world.estate.clusters) {
      const guests = [...cluster.guests.values()];
      for (const guest of guests.slice(0, guests.length / 2)) cluster.guests.delete(guest.vmid);
      for (const guest of guests.slice(guests.length / 2)) {
        delete guest.config['net0'];
        // What it had there it has no more; it tells of one that it made inside.
        const containerInterfaces = [{ name: 'tun0', hwaddr: '02:00:00:00:00:01', inet: '192.0.2.250/24' }];
        cluster.guests.set(guest.vmid, { ...guest, containerInterfaces });
      }
    }
    await world.stream(`/full-update/stream?${query}`);

    const needed = world.netbox.requestLog
      .map(({ method, target }) => ({
        action: actionOf[method],
        path: target.split('?')[0]!.replace(/(\d+|runtime)\/$/, ''),
      }))
      .filter(({ path }) => !further.test(path));
    const known = new Set(rights.map(({ action, path }) => `${action} ${path}`));
    const unknown = new Set(needed.map(({ action, path }) => `${action} ${path}`).filter((one) => !known.has(one)));
    expect([...unknown]).toEqual([]);
    // That it had something to do: what it deleted, and what is only asked about networks.
    expect(needed.map(({ action }) => action)).toContain('delete');
    expect(needed.map(({ path }) => path)).toContain('/api/plugins/proxbox/sdn-zones/');
  } finally {
    await world.close();
  }
});
