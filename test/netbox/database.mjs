/**
 * The databases of the tests, all named proxbox_api_test_*: migrated and seeded templates, kept between runs, and one
 * copy for each NetBox of a run. A reset makes the copy again, which takes less than a second.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, isAlive, withLock } from './processes.mjs';
import { VERSIONS } from './python.mjs';
import { postgres, redis, seed, writeInstance } from './settings.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const PREFIX = 'proxbox_api_test';

function reachable({ host, port }) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 60_000 });
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

/** Throws with the command that starts the missing service. */
export async function assertServicesReachable() {
  const missing = [];
  if (!(await reachable(postgres)))
    missing.push(
      `PostgreSQL does not answer at ${postgres.host}:${postgres.port}. Start it ("service postgresql start", or ` +
        `"docker run -d -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:17"), or set PGHOST, PGPORT, PGUSER, PGPASSWORD.`,
    );
  if (!(await reachable(redis)))
    missing.push(
      `Redis does not answer at ${redis.host}:${redis.port}. Start it ("redis-server --daemonize yes", or ` +
        `"docker run -d -p 6379:6379 redis:7"), or set REDIS_HOST and REDIS_PORT.`,
    );
  if (missing.length > 0) throw new Error(missing.join('\n'));
}

const quote = (value) => `'${String(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function connectionString(database) {
  const { host, port, user, password } = postgres;
  const parts = [`host=${quote(host)}`, `port=${port}`, `user=${quote(user)}`, `dbname=${quote(database)}`];
  return [...parts, ...(password ? [`password=${quote(password)}`] : [])].join(' ');
}

/** Runs the statements one by one on the maintenance database and returns the rows of the last that had any. */
async function sql(python, ...statements) {
  try {
    const { stdout } = await execute(python, [here('execute_sql.py'), connectionString('postgres'), ...statements]);
    return JSON.parse(stdout);
  } catch (error) {
    const reason = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .pop();
    throw new Error(
      `PostgreSQL at ${postgres.host}:${postgres.port} refused a statement of the test harness: ${reason}`,
    );
  }
}

/** Named after everything that shapes its content, so that a changed version or seed makes a new template. */
async function templateName(key) {
  const content = (await readFile(here('seed.py'), 'utf8')) + JSON.stringify(seed) + key;
  return `${PREFIX}_template_${createHash('sha256').update(content).digest('hex').slice(0, 10)}`;
}

async function migrate(python, database, { plugins, isSeeded }) {
  const folder = await mkdtemp(join(tmpdir(), 'proxbox-netbox-template-'));
  const env = {
    ...process.env,
    NETBOX_ROOT: folder,
    DJANGO_SETTINGS_MODULE: 'netbox.settings',
    SEED: JSON.stringify(seed),
  };
  try {
    await writeInstance(folder, database, { plugins });
    await execute(python, [here('migrate.py')], { env });
    if (!isSeeded) await execute(python, [here('seed.py')], { env });
  } catch (error) {
    throw new Error(
      `NetBox could not prepare its database:\n${String(error.stderr || error.message)
        .trim()
        .slice(-4000)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function databaseExists(python, name) {
  return (await sql(python, `SELECT datname FROM pg_database WHERE datname = '${name}'`)).length > 0;
}

/** A template that begins as `base`, unless it is there already. */
async function ensureOne({ name: template, python, base, ...options }, log) {
  if (await databaseExists(python, template)) return;
  const what =
    options.plugins.length > 0 ? `the migrations of ${options.plugins.join(', ')}` : 'the migrations of NetBox';
  log(`preparing the template database ${template}: ${what} (minutes, once)`);
  const draft = `${PREFIX}_draft_${process.pid}`;
  await sql(
    python,
    `DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`,
    `CREATE DATABASE ${draft} TEMPLATE ${base} ENCODING 'UTF8'`,
  );
  try {
    await migrate(python, draft, options);
    await sql(python, `ALTER DATABASE ${draft} RENAME TO ${template}`);
  } catch (error) {
    await dropDatabase(python, draft);
    if (!(await databaseExists(python, template))) throw error; // else another run was faster
  }
}

const PROXBOX = ['netbox_proxbox'];

/** The templates of these environments, in the order in which one grows out of another. */
async function templatesOf({ newest, older, bare }) {
  const [plain, bareName] = await Promise.all([newest, bare].map(({ key }) => templateName(key)));
  const branching = `${plain}_branching_${VERSIONS['netboxlabs-netbox-branching'].replaceAll('.', '_')}`;
  return {
    bare: { name: bareName, base: 'template0', plugins: [], isSeeded: false, ...bare },
    plain: { name: plain, base: bareName, plugins: PROXBOX, isSeeded: true, ...newest },
    branching: { name: branching, base: plain, plugins: [...PROXBOX, 'netbox_branching'], isSeeded: true, ...newest },
    ...(older === undefined
      ? {}
      : {
          older: { name: await templateName(older.key), base: bareName, plugins: PROXBOX, isSeeded: true, ...older },
        }),
  };
}

/**
 * Makes the templates that are not there, each `{ name, python, plugins }`: `bare` is NetBox alone, `plain` has the pinned plugin,
 * `branching` netbox-branching as well, `older` the older plugin where that is asked for. All of them take a quarter of an hour of one core: NetBox and
 * the plugins replay their whole history, and their own models depend on what only the migrations create (triggers, ltree).
 */
export async function ensureTemplates(environments, log) {
  const templates = await templatesOf(environments);
  const build = async () => {
    const ticking = setInterval(() => log('still migrating the template databases'), 60_000);
    try {
      for (const template of Object.values(templates)) await ensureOne(template, log);
    } finally {
      clearInterval(ticking);
    }
  };
  await withLock(`${environments.newest.folder}.template.lock`, build, log);
  return templates;
}

export async function dropDatabase(python, database) {
  await sql(python, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
}

/**
 * `{ reset(template), drop() }` of a database of this run. After `reset` it equals the template, whatever it held before. What it
 * held is dropped beside the tests: a drop waits for PostgreSQL's next checkpoint, which takes seconds.
 */
export function openCopy(python, database) {
  let resets = 0;
  let dropping = Promise.resolve();
  async function reset(template) {
    const old = `${database}_${resets}`;
    const isFirst = resets === 0;
    resets += 1;
    await sql(
      python,
      ...(isFirst ? [] : putAside(database, old)),
      `CREATE DATABASE ${database} TEMPLATE ${template} STRATEGY wal_log`,
    );
    if (!isFirst) dropping = dropping.then(() => dropDatabase(python, old));
  }
  async function drop() {
    await dropping;
    await dropDatabase(python, database);
  }
  return { reset, drop };
}

/** Statements that end every connection to a database and rename it. */
function putAside(database, name) {
  return [
    `ALTER DATABASE ${database} WITH ALLOW_CONNECTIONS false`,
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${database}'`,
    `ALTER DATABASE ${database} RENAME TO ${name}`,
  ];
}

/** Removes what killed runs left behind. Templates stay: another checkout may need another one. */
export async function dropLeftovers(python) {
  const rows = await sql(python, `SELECT datname FROM pg_database WHERE datname LIKE '${PREFIX}\\_%'`);
  for (const [name] of rows) {
    const owner = Number(/_(?:run|draft)_(\d+)/.exec(name)?.[1] ?? 0);
    if (owner > 0 && !isAlive(owner)) await dropDatabase(python, name);
  }
}

/** @param {number} index of the NetBox among those of this run */
export const runDatabaseName = (index) => `${PREFIX}_run_${process.pid}_${index}`;
