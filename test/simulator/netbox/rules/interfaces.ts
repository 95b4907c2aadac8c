import type { Rule } from './rule.js';
import { displayOf } from '../display.js';
import { Invalid, refuse } from '../failures.js';
import { customFieldDefaults } from '../input/custom-fields.js';
import { atLeast } from '../release.js';
import type { Row } from '../types.js';
import { asIds, asText } from '../values.js';
import { related, type Change } from '../world.js';
import { recordChange } from '../writes/changelog.js';

interface Flavour {
  /** Field and words for what an interface is part of. */
  readonly parent: 'device' | 'virtual_machine';
  readonly parentModel: string;
  readonly parentWords: string;
}

const vmPort: Flavour = {
  parent: 'virtual_machine',
  parentModel: 'virtualization.virtualmachine',
  parentWords: 'virtual machine',
};
const devicePort: Flavour = { parent: 'device', parentModel: 'dcim.device', parentWords: 'device' };

/** Parent and bridge must be interfaces of the same machine. The device form ends the parent's sentence without a stop. */
const checkSibling = (change: Change, flavour: Flavour, field: 'parent' | 'bridge'): void => {
  const sibling = related(change, field);
  if (sibling === undefined) return;
  if (sibling.id === change.before?.id)
    refuse(
      field,
      field === 'parent' ? 'An interface cannot be its own parent.' : 'An interface cannot be bridged to itself.',
    );
  const owner = sibling[flavour.parent];
  if (owner === change.draft[flavour.parent]) return;
  const stop = flavour.parent === 'device' && field === 'parent' ? '' : '.';
  refuse(
    field,
    `The selected ${field} interface (${asText(sibling['name'])}) belongs to a different ${flavour.parentWords} ` +
      `(${displayOf(change.world.store, flavour.parentModel, owner)})${stop}`,
  );
};

const isElsewhere = (change: Change, vlan: Row, site: unknown): boolean =>
  Boolean(vlan['site']) && vlan['site'] !== site && change.world.store.get('dcim.site', vlan['site']) !== undefined;

const checkVlans = (change: Change, flavour: Flavour): void => {
  const { store } = change.world;
  const site = related(change, flavour.parent)?.['site'];
  const untagged = related(change, 'untagged_vlan');
  if (untagged !== undefined && isElsewhere(change, untagged, site))
    refuse(
      'untagged_vlan',
      `The untagged VLAN (${displayOf(store, 'ipam.vlan', untagged.id)}) must belong to the same site as the interface's ` +
        `parent ${flavour.parentWords}, or it must be global.`,
    );
  for (const id of asIds(change.given['tagged_vlans'])) {
    const vlan = store.get('ipam.vlan', id);
    if (vlan !== undefined && isElsewhere(change, vlan, site))
      refuse(
        'tagged_vlans',
        `VLAN ${displayOf(store, 'ipam.vlan', id)} must belong to the same site as the interface's parent ` +
          `${flavour.parentWords}, or it must be global.`,
      );
  }
};

const checkPrimaryMac = (change: Change): void => {
  const mac = related(change, 'primary_mac_address');
  if (mac === undefined) return;
  const isNew = atLeast(change.world.release, '4.7');
  const key = isNew ? '__all__' : 'primary_mac_address';
  if (!mac['assigned_object_id']) {
    if (change.before !== undefined && isNew)
      refuse(key, 'Only a MAC address assigned to this interface can be its primary MAC address.');
    return;
  }
  if (mac['assigned_object_id'] === change.before?.id && mac['assigned_object_type'] === change.kind.model) return;
  const holder = displayOf(change.world.store, asText(mac['assigned_object_type']), mac['assigned_object_id']);
  refuse(key, `MAC address ${asText(mac['mac_address'])} is assigned to a different interface (${holder}).`);
};

const takesShortcut = (change: Change): boolean =>
  atLeast(change.world.release, '4.7') && change.given['mac_address'] !== undefined;

const checkShortcut = (change: Change): void => {
  if (!takesShortcut(change) || !('primary_mac_address' in change.given)) return;
  const primary = related(change, 'primary_mac_address')?.['mac_address'] ?? null;
  if (primary !== change.given['mac_address'])
    throw new Invalid({ __all__: ["The provided 'mac_address' and 'primary_mac_address' values conflict."] });
};

const newMac = (change: Change, row: Row): number => {
  const { store, now } = change.world;
  const id = store.need('dcim.macaddress').nextId();
  const moment = now();
  const mac: Row = {
    id,
    created: moment,
    last_updated: moment,
    mac_address: change.given['mac_address'],
    assigned_object_type: change.kind.model,
    assigned_object_id: row.id,
    description: '',
    comments: '',
    tags: [],
    custom_fields: customFieldDefaults(store, 'dcim.macaddress'),
  };
  store.put('dcim.macaddress', id, mac);
  recordChange(change.world, 'dcim.macaddress', { action: 'create', row: mac });
  return id;
};

/** NetBox 4.7: a `mac_address` on the interface finds or makes the MAC row and makes it the primary one. */
const applyShortcut = (change: Change, row: Row): void => {
  if (!takesShortcut(change)) return;
  const { store } = change.world;
  const wanted = change.given['mac_address'];
  const known = store
    .need('dcim.macaddress')
    .where('assigned_object_id', row.id)
    .find((mac) => mac['assigned_object_type'] === change.kind.model && mac['mac_address'] === wanted);
  const primary = wanted === null ? null : (known?.id ?? newMac(change, row));
  if (row['primary_mac_address'] !== primary)
    store.put(change.kind.model, row.id, { ...row, primary_mac_address: primary });
};

const assignFreePrimary = (change: Change, row: Row): void => {
  const { store } = change.world;
  const mac = store.get('dcim.macaddress', row['primary_mac_address']);
  if (mac === undefined || mac['assigned_object_id']) return;
  const assigned = { ...mac, assigned_object_type: change.kind.model, assigned_object_id: row.id };
  store.put('dcim.macaddress', mac.id, assigned);
};

const portRule = (flavour: Flavour): Rule => ({
  validate: checkShortcut,
  clean: (change) => {
    checkPrimaryMac(change);
    checkSibling(change, flavour, 'parent');
    checkSibling(change, flavour, 'bridge');
    if (flavour === devicePort && !change.draft['mode'] && change.draft['untagged_vlan'])
      refuse('untagged_vlan', 'Interface mode does not support untagged vlan');
    checkVlans(change, flavour);
  },
  beforeSave: (change) => {
    delete change.draft['mac_address'];
    if (!change.draft['mode']) change.draft['untagged_vlan'] = null;
    if (change.before !== undefined && change.draft['mode'] !== 'tagged') change.draft['tagged_vlans'] = [];
  },
  afterSave: (change, row) => {
    // Before 4.7 only a new interface takes a free MAC address over.
    if (change.before === undefined || atLeast(change.world.release, '4.7')) assignFreePrimary(change, row);
    applyShortcut(change, row);
  },
});

export const vmInterfaceRule: Rule = portRule(vmPort);
export const deviceInterfaceRule: Rule = portRule(devicePort);
