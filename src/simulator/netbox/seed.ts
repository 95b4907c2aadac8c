import type { Store } from './store/store.js';
import type { TokenRecord } from './tokens.js';

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
  const defaults = Object.entries(settings.kind.fields)
    .filter(([, field]) => field.type !== 'computed' && field.type !== 'constant')
    .map(([name, field]): readonly [string, unknown] => [name, field.default ?? null]);
  const id = settings.nextId();
  const moment = now();
  store.put(settings.kind.model, id, {
    ...Object.fromEntries(defaults),
    custom_fields: {},
    id,
    created: moment,
    last_updated: moment,
  });
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
