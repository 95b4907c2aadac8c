/**
 * Finds a Python that NetBox can run on and installs the pinned NetBox and plugins into virtual environments outside the
 * repository. An environment that is complete is reused; one that was interrupted is built again.
 */
import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execute, withLock } from './processes.mjs';

/** What the tests run against; netbox-branching is installed, and used by its own tests alone. NetBox itself pins everything it needs, gunicorn included. */
export const VERSIONS = {
  netbox: '4.7.3',
  'netbox-proxbox': '0.0.29.post6',
  'netboxlabs-netbox-branching': '1.2.2',
};
/**
 * A release of the plugin that is still in use; on the same NetBox, which is the newest that it declares. Its environment and database cost
 * minutes, so it has them where NETBOX_TEST_OLDER_PLUGIN=1 asks for them (`npm run test:older-plugin`).
 */
export const OLDER_PLUGIN = '0.0.24';
export const hasOlderPlugin = process.env.NETBOX_TEST_OLDER_PLUGIN === '1';
const MINIMUM_PYTHON = [3, 12];

/** The package registry answered and does not have, or does not give out, a pinned package. */
export class RegistryRefusal extends Error {}

/** `$XDG_CACHE_HOME/proxbox-api-netbox`, else `~/.cache/proxbox-api-netbox`. */
function cacheRoot() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'proxbox-api-netbox');
}

async function pyenvPythons() {
  const root = join(process.env.PYENV_ROOT || join(homedir(), '.pyenv'), 'versions');
  const versions = await readdir(root).catch(() => []);
  return versions.filter((name) => /^3\.\d+\.\d+$/.test(name)).map((name) => join(root, name, 'bin', 'python'));
}

async function pythonVersion(command) {
  try {
    const { stdout } = await execute(command, ['-c', 'import sys, venv; print(*sys.version_info[:3])']);
    return stdout.trim().split(' ').map(Number);
  } catch {
    return undefined; // not installed, or a version manager's placeholder for a version that is not
  }
}

/** The first usable Python: `{ command, version: "3.12.1" }`. Throws when there is none, naming what was tried. */
export async function findPython() {
  const candidates = ['python3.12', 'python3.13', 'python3.14', ...(await pyenvPythons()), 'python3', 'python'];
  for (const command of candidates) {
    const version = await pythonVersion(command);
    if (!version) continue;
    const [major, minor] = version;
    if (major === MINIMUM_PYTHON[0] && minor >= MINIMUM_PYTHON[1]) return { command, version: version.join('.') };
  }
  throw new Error(
    `NetBox ${VERSIONS.netbox} needs Python ${MINIMUM_PYTHON.join('.')} or later with the venv module; none of ` +
      `${candidates.join(', ')} is one. Install it (Debian: apt-get install python3.12 python3.12-venv; or pyenv install 3.12).`,
  );
}

export async function pip(python, args, log, command = 'install') {
  const onLine = (line) => {
    if (/^(Installing collected|Building wheel)/.test(line)) log(line.slice(0, 120));
  };
  try {
    await execute(python, ['-m', 'pip', command, '--no-input', '--disable-pip-version-check', ...args], { onLine });
  } catch (error) {
    const output = `${error.stdout ?? ''}\n${error.stderr ?? error.message}`.trim();
    const tail = output.split('\n').slice(-15).join('\n');
    const refused = Object.keys(VERSIONS).some((name) =>
      output.includes(`No matching distribution found for ${name}==`),
    );
    if (refused && !/connection|timed out|name resolution/i.test(output)) throw new RegistryRefusal(tail);
    throw new Error(`pip could not install NetBox:\n${tail}`);
  }
}

const pins = (names) => names.map((name) => `${name}==${VERSIONS[name]}`);

/** NetBox asks for the PostgreSQL driver as source; without the client library's headers the ready-made build serves as well. */
async function installNetBox(python, pinned, log) {
  try {
    await pip(python, pinned, log);
  } catch (error) {
    if (error instanceof RegistryRefusal || !/pg_config|psycopg[-_]c/.test(error.message)) throw error;
    log('the PostgreSQL driver cannot be compiled here (no pg_config); installing its ready-made build');
    await pip(python, ['--no-deps', ...pinned], log);
    const list =
      'import importlib.metadata as m, sys; print("\\n".join(r for p in sys.argv[1:] for r in m.requires(p) or ()))';
    const names = pinned.map((pin) => pin.split('==')[0]).filter((name) => !name.includes('branching'));
    const { stdout } = await execute(python, ['-c', list, ...names]);
    const needed = stdout
      .trim()
      .split('\n')
      .filter((line) => !line.includes('extra =='));
    await pip(
      python,
      needed.map((line) => line.replace('psycopg[c,pool]', 'psycopg[binary,pool]')),
      log,
    );
  }
}

/**
 * A virtual environment on top of another one: it has what that one has, and its own `pip` and `netbox` install into itself.
 * @param {string} folder that does not exist
 */
export async function layer(folder, base) {
  await execute(base.python, ['-m', 'venv', folder]);
  const python = join(folder, 'bin', 'python');
  const where = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const [own, below] = await Promise.all(
    [python, base.python].map(async (one) => (await execute(one, ['-c', where])).stdout.trim()),
  );
  await writeFile(join(own, 'netbox.pth'), `${below}\n`);
  const command = join(folder, 'bin', 'netbox');
  await writeFile(command, `#!${python}\nimport sys\nfrom netbox.cli import main\nsys.exit(main())\n`);
  await chmod(command, 0o755);
  return python;
}

/** The folder of that name in the cache, made by `build` unless it holds `content` completely. */
async function ensureFolder({ key, content, what, build }, log) {
  const folder = join(cacheRoot(), key);
  const complete = join(folder, 'complete');
  await mkdir(cacheRoot(), { recursive: true });
  const make = async () => {
    if ((await readFile(complete, 'utf8').catch(() => '')) === content) return;
    log(`installing ${what} into ${folder}`);
    await rm(folder, { recursive: true, force: true });
    await build(folder);
    await writeFile(complete, content);
  };
  await withLock(`${folder}.lock`, make, log);
  return { python: join(folder, 'bin', 'python'), folder, key };
}

async function ensureNetBox({ key, names, what }, { command }, log) {
  const pinned = pins(names);
  const build = async (folder) => {
    await execute(command, ['-m', 'venv', folder]);
    await installNetBox(join(folder, 'bin', 'python'), pinned, log);
  };
  return ensureFolder({ key, content: pinned.join(' '), what, build }, log);
}

/** The plugin and all that it needs as files, from which it is installed without asking a registry. */
async function ensureWheels(bare, key, log) {
  const [pinned] = pins(['netbox-proxbox']);
  const build = async (folder) => {
    await mkdir(folder, { recursive: true });
    await pip(bare.python, [pinned, '--dest', folder], log, 'download');
  };
  const { folder } = await ensureFolder({ key, content: pinned, what: `the packages of ${pinned}`, build }, log);
  return folder;
}

async function ensureOlder(bare, key, log) {
  const pinned = `netbox-proxbox==${OLDER_PLUGIN}`;
  const build = async (folder) => pip(await layer(folder, bare), [pinned], log);
  return ensureFolder({ key, content: pinned, what: `${pinned} beside NetBox`, build }, log);
}

/**
 * The environments, each `{ python, folder, key }` (the key names what shapes its database): `newest` with the pinned plugin, `older` with
 * an older one (undefined where it is not asked for), `bare` with NetBox alone; and `wheels`, a folder from which the pinned plugin can be installed.
 * Takes two to four minutes the first time. Throws RegistryRefusal or Error.
 */
export async function ensureEnvironments(log) {
  const found = await findPython();
  const netbox = `netbox-${VERSIONS.netbox}`;
  const keyOf = (plugin) => `${netbox}-proxbox-${plugin}-python-${found.version}`;
  const plugin = VERSIONS['netbox-proxbox'];
  const newest = await ensureNetBox(
    {
      key: keyOf(plugin),
      names: Object.keys(VERSIONS),
      what: `NetBox ${VERSIONS.netbox} and netbox-proxbox ${plugin}`,
    },
    found,
    log,
  );
  const bare = await ensureNetBox(
    { key: `${netbox}-python-${found.version}`, names: ['netbox'], what: `NetBox ${VERSIONS.netbox}` },
    found,
    log,
  );
  const older = hasOlderPlugin ? await ensureOlder(bare, keyOf(OLDER_PLUGIN), log) : undefined;
  const wheels = await ensureWheels(bare, `wheels-proxbox-${plugin}-python-${found.version}`, log);
  return { newest, bare, older, wheels };
}
