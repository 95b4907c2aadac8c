/**
 * What the harness and NetBox agree on: where PostgreSQL and Redis are, the tokens of the template database, and the
 * configuration file. The secrets below protect a throw-away NetBox on the loopback address and nothing else.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The usual client variables, with the defaults of a local installation. */
export const postgres = {
  host: process.env.PGHOST || '127.0.0.1',
  port: Number(process.env.PGPORT || 5432),
  user: process.env.PGUSER || 'postgres',
  password: process.env.PGPASSWORD || '',
};

export const redis = { host: process.env.REDIS_HOST || '127.0.0.1', port: Number(process.env.REDIS_PORT || 6379) };

/**
 * Redis database numbers of each NetBox of a run: task queue and cache. High ones, so that a NetBox with default numbers is
 * not disturbed; Redis has 16 by default.
 */
const redisDatabases = [
  { tasks: 14, cache: 15 },
  { tasks: 12, cache: 13 },
];
/** Task queues of a NetBox without plugins: its own worker does the jobs, and must not find those that other tests left. */
const workedQueues = [10, 11];
/** So many run side by side, each with a database of its own. */
export const NETBOXES = redisDatabases.length;

export const seed = {
  password: 'a-password-for-tests-1',
  tokens: {
    v1: 'a1'.repeat(20),
    v2Key: 'TestKey00001',
    v2: 'b2'.repeat(20),
    disabled: 'c3'.repeat(20),
    expired: 'd4'.repeat(20),
    readOnly: 'e5'.repeat(20),
    foreignAddress: 'f6'.repeat(20),
    viewer: 'a7'.repeat(20),
    inactiveUser: 'b8'.repeat(20),
  },
};

function configurationText(database, { index, plugins }) {
  const { cache } = redisDatabases[index];
  const tasks = plugins.length === 0 ? workedQueues[index] : redisDatabases[index].tasks;
  const hasBranching = plugins.includes('netbox_branching');
  return `
${hasBranching ? 'from netbox_branching.utilities import DynamicSchemaDict' : 'DynamicSchemaDict = dict'}
ALLOWED_HOSTS = ["*"]
DATABASES = DynamicSchemaDict({
    "default": {
        "NAME": ${JSON.stringify(database)},
        "HOST": ${JSON.stringify(postgres.host)},
        "PORT": ${postgres.port},
        "USER": ${JSON.stringify(postgres.user)},
        "PASSWORD": ${JSON.stringify(postgres.password)},
        "CONN_MAX_AGE": 300,
        # A reset drops the database, and with it the connections.
        "CONN_HEALTH_CHECKS": True,
    }
})
${hasBranching ? 'DATABASE_ROUTERS = ["netbox_branching.database.BranchAwareRouter"]' : ''}
REDIS = {
    "tasks": {"HOST": ${JSON.stringify(redis.host)}, "PORT": ${redis.port}, "DATABASE": ${tasks}, "SSL": False},
    "caching": {"HOST": ${JSON.stringify(redis.host)}, "PORT": ${redis.port}, "DATABASE": ${cache}, "SSL": False},
}
SECRET_KEY = "${'proxbox-api-tests-'.repeat(4)}"
API_TOKEN_PEPPERS = {1: "${'pepper-of-the-tests-'.repeat(4)}"}
PLUGINS = ${JSON.stringify(plugins)}
${plugins.includes('netbox_proxbox') ? 'PLUGINS_CONFIG = {"netbox_proxbox": {"automatic_background_tasks": False}}' : ''}
METRICS_ENABLED = True
CENSUS_REPORTING_ENABLED = False
ISOLATED_DEPLOYMENT = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
`;
}

/**
 * Writes an instance folder as NetBox's wheel expects it below NETBOX_ROOT.
 * @param {{ index?: number, plugins: readonly string[] }} options index: of the NetBox among those of this run; plugins: the
 * modules that it loads
 */
export async function writeInstance(folder, database, { index = 0, plugins }) {
  await mkdir(join(folder, 'conf'), { recursive: true });
  await writeFile(join(folder, 'conf', '__init__.py'), '');
  await writeFile(join(folder, 'conf', 'configuration.py'), configurationText(database, { index, plugins }));
}
