import type { Rule } from './rule.js';
import { parseNetwork } from '../addresses.js';
import { displayOf } from '../display.js';
import { refuse } from '../failures.js';
import { asText } from '../values.js';
import { related, type Change } from '../world.js';

const ownsAddress = (change: Change, id: unknown): boolean => {
  const { store } = change.world;
  const address = store.get('ipam.ipaddress', id);
  if (address?.['assigned_object_type'] !== 'dcim.interface' || change.before === undefined) return false;
  return store.get('dcim.interface', address['assigned_object_id'])?.['device'] === change.before.id;
};

const checkAddress = (change: Change, field: string, family: number | undefined): void => {
  const address = related(change, field);
  if (address === undefined) return;
  const text = asText(address['address']);
  if (family !== undefined && parseNetwork(text)?.version !== family)
    refuse(field, `${text} is not an IPv${family} address.`);
  if (!ownsAddress(change, address.id) && !ownsAddress(change, address['nat_inside']))
    refuse(field, `The specified IP address (${text}) is not assigned to this device.`);
};

/** Addresses and cluster of devices. */
export const deviceRule: Rule = {
  clean: (change) => {
    checkAddress(change, 'primary_ip4', 4);
    checkAddress(change, 'primary_ip6', 6);
    checkAddress(change, 'oob_ip', undefined);
    const site = related(change, 'cluster')?.['_site'];
    if (site && site !== change.draft['site'])
      refuse(
        'cluster',
        `The assigned cluster belongs to a different site (${displayOf(change.world.store, 'dcim.site', site)})`,
      );
  },
};
