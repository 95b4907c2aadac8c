import type { Store } from './store/store.js';
import type { TokenRecord } from './tokens.js';

/** A Fernet key, as the plugin's migrations make one. */
const encryptionKey = Buffer.from('simulator-simulator-simulator-00').toString('base64url') + '=';

const insert = (store: Store, now: () => string, model: string, values: Readonly<Record<string, unknown>>): void => {
  const table = store.need(model);
  const defaults = Object.entries(table.kind.fields)
    .filter(([, field]) => !['computed', 'constant', 'count'].includes(field.type))
    .map(([name, field]): readonly [string, unknown] => [name, field.default ?? null]);
  const id = table.nextId();
  const moment = now();
  store.put(model, id, { ...Object.fromEntries(defaults), ...values, id, created: moment, last_updated: moment });
};

/** What the plugin's migrations put into an empty NetBox: two roles and two custom fields. */
const seedMigrations = (store: Store, now: () => string): void => {
  const role = { vm_role: true, custom_fields: {} };
  insert(store, now, 'dcim.devicerole', {
    ...role,
    name: 'Virtual Machine (QEMU)',
    slug: 'virtual-machine-qemu',
    color: '9c27b0',
  });
  insert(store, now, 'dcim.devicerole', { ...role, name: 'Container (LXC)', slug: 'container-lxc', color: '00bcd4' });
  for (const [name, label] of [
    ['proxmox_node', 'Proxmox Node'],
    ['proxmox_storage', 'Proxmox Storage'],
  ])
    insert(store, now, 'extras.customfield', {
      name,
      label,
      type: 'text',
      object_types: ['virtualization.virtualmachine'],
    });
};

/** Users, and the plugin's single row of settings at its defaults. */
export const seed = (store: Store, now: () => string, usernames: readonly string[]): void => {
  for (const username of usernames) {
    const users = store.need('users.user');
    const id = users.nextId();
    const moment = now();
    store.put('users.user', id, { id, created: moment, last_updated: moment, username, is_active: true });
  }
  const settings = store.table('netbox_proxbox.proxboxpluginsettings');
  if (settings === undefined) return;
  seedMigrations(store, now);
  insert(store, now, settings.kind.model, { custom_fields: {}, encryption_key: encryptionKey });
};

/** Shows a token in `users/tokens`, without its secret. */
export const showToken = (store: Store, now: () => string, token: TokenRecord): void => {
  const tokens = store.need('users.token');
  const id = tokens.nextId();
  const moment = now();
  store.put('users.token', id, {
    id,
    created: moment,
    last_updated: moment,
    version: token.version,
    key: token.version === 2 ? token.key : null,
    user: store.need('users.user').where('username', token.username)[0]?.id ?? null,
    description: '',
    expires: token.expires ?? null,
    enabled: token.enabled,
    write_enabled: token.write,
  });
};
