import type { ApiCall } from './context.js';
import { answerAvailableAddresses } from './available-addresses.js';
import type { SimulatedAnswer } from '../../http/types.js';
import { jsonAnswer } from '../../http/types.js';
import { ApiFailure } from '../failures.js';
import { createRenderer } from '../output/render.js';
import { asText } from '../values.js';

export interface InstalledPlugins {
  readonly proxbox: boolean;
  readonly branching: boolean;
}

const pluginVersions = (plugins: InstalledPlugins): Record<string, string> => ({
  ...(plugins.proxbox ? { netbox_proxbox: '0.0.29.post6' } : {}),
  ...(plugins.branching ? { netbox_branching: '1.0.2' } : {}),
});

const answerStatus = (call: ApiCall, plugins: InstalledPlugins): SimulatedAnswer =>
  jsonAnswer(200, {
    'django-version': '6.1.2',
    hostname: 'netbox-simulator',
    installed_apps: {},
    'netbox-version': call.world.release,
    'netbox-full-version': call.world.release,
    plugins: pluginVersions(plugins),
    'python-version': '3.12.3',
    'rq-workers-running': 1,
  });

const answerUser = (call: ApiCall): SimulatedAnswer => {
  const { kind } = call.world.store.need('users.user');
  return jsonAnswer(200, createRenderer(call.world).object(kind, call.world.user, Object.keys(kind.fields)));
};

/** The plugin's settings as the backend reads them: the key only for superusers. */
const answerRuntimeSettings = (call: ApiCall): SimulatedAnswer => {
  const { kind } = call.world.store.need('netbox_proxbox.proxboxpluginsettings');
  const [row] = call.world.store.need(kind.model).byId();
  if (row === undefined) throw new ApiFailure(404, { detail: 'Not found.' });
  const key = asText(row['encryption_key']);
  const settings = createRenderer(call.world).object(kind, row, Object.keys(kind.fields));
  return jsonAnswer(
    200,
    { ...settings, encryption_key_configured: key !== '', encryption_key: call.token.superuser ? key : '' },
    { 'cache-control': 'no-store' },
  );
};

/** Who sees all permissions is a superuser here, who has none of its own; nobody else may see them. */
const answerPermissions = (call: ApiCall): SimulatedAnswer => {
  if (!call.token.superuser)
    throw new ApiFailure(403, { detail: 'You do not have permission to perform this action.' });
  return jsonAnswer(200, { count: 0, next: null, previous: null, results: [] });
};

/** Everybody may see them. Only their number matters here, of which no page has more than its size. */
const answerObjectTypes = (call: ApiCall): SimulatedAnswer => {
  const { kinds } = call.world.store;
  const limit = Math.min(Number(call.request.query.get('limit') ?? 50), call.maxPageSize);
  const results = kinds.slice(0, limit).map((_, index) => ({ id: index + 1 }));
  return jsonAnswer(200, { count: kinds.length, next: null, previous: null, results });
};

/** Addresses below a folder of the API, as NetBox's root views list them. */
const answerFolder = (call: ApiCall, folder: string): SimulatedAnswer => {
  const below = call.world.store.kinds.filter((kind) => kind.path.startsWith(folder));
  const names = new Set(below.map((kind) => kind.path.slice(folder.length).split('/')[0] ?? ''));
  const entries = [...names].map((name) => [name, `${call.world.origin}/api/${folder}${name}/`]);
  const status = folder === '' ? [['status', `${call.world.origin}/api/status/`]] : [];
  return jsonAnswer(200, Object.fromEntries([...entries, ...status]));
};

type FixedRoute = (call: ApiCall, plugins: InstalledPlugins) => SimulatedAnswer;

const folders = ['', 'core/', 'dcim/', 'extras/', 'ipam/', 'plugins/', 'tenancy/', 'users/', 'virtualization/'];

/** Addresses below `/api/` that are not lists of a kind, GET only. Undefined when there is none. */
export const fixedRoute = (path: string, plugins: InstalledPlugins): FixedRoute | undefined => {
  if (path === 'status/') return answerStatus;
  if (path === 'authentication-check/') return answerUser;
  if (path === 'users/permissions/') return answerPermissions;
  if (path === 'core/object-types/') return answerObjectTypes;
  if (path === 'plugins/proxbox/settings/runtime/') return plugins.proxbox ? answerRuntimeSettings : undefined;
  const prefix = /^ipam\/prefixes\/(\d+)\/available-ips\/$/.exec(path)?.[1];
  if (prefix !== undefined) return (call) => answerAvailableAddresses(call, Number(prefix));
  if (folders.includes(path) || (path === 'plugins/proxbox/' && plugins.proxbox))
    return (call) => answerFolder(call, path);
  return undefined;
};
