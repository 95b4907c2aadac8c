/**
 * Finds a Python that NetBox can run on and installs the pinned NetBox and plugin into a virtual environment outside the
 * repository. An environment that is complete is reused; one that was interrupted is built again.
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execute, withLock } from './processes.mjs';

/** What the tests run against; netbox-branching is installed, and used by its own tests alone. NetBox itself pins everything it needs, gunicorn included. */
export const VERSIONS = {
  netbox: '4.7.3',
  'netbox-proxbox': '0.0.29.post6',
  'netboxlabs-netbox-branching': '1.2.2',
};
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

export async function pip(python, args, log) {
  const onLine = (line) => {
    if (/^(Installing collected|Building wheel)/.test(line)) log(line.slice(0, 120));
  };
  try {
    await execute(python, ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', ...args], { onLine });
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

const pinned = Object.entries(VERSIONS).map(([name, version]) => `${name}==${version}`);

/** NetBox asks for the PostgreSQL driver as source; without the client library's headers the ready-made build serves as well. */
async function installPackages(python, log) {
  try {
    await pip(python, pinned, log);
  } catch (error) {
    if (error instanceof RegistryRefusal || !/pg_config|psycopg[-_]c/.test(error.message)) throw error;
    log('the PostgreSQL driver cannot be compiled here (no pg_config); installing its ready-made build');
    await pip(python, ['--no-deps', ...pinned], log);
    const list =
      'import importlib.metadata as m; print("\\n".join(r for p in ("netbox", "netbox-proxbox") for r in m.requires(p)))';
    const { stdout } = await execute(python, ['-c', list]);
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
 * The environment's Python and folder: `{ python, folder, key }`; the key names what shapes the database.
 * Takes one to three minutes the first time. Throws RegistryRefusal or Error.
 */
export async function ensureEnvironment(log) {
  const { command, version } = await findPython();
  const key = `netbox-${VERSIONS.netbox}-proxbox-${VERSIONS['netbox-proxbox']}-python-${version}`;
  const folder = join(cacheRoot(), key);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  await mkdir(cacheRoot(), { recursive: true });
  await withLock(
    `${folder}.lock`,
    async () => {
      if ((await readFile(complete, 'utf8').catch(() => '')) === pinned.join(' ')) return;
      log(
        `installing NetBox ${VERSIONS.netbox} and netbox-proxbox ${VERSIONS['netbox-proxbox']} into ${folder} (a minute or two)`,
      );
      await rm(folder, { recursive: true, force: true });
      await execute(command, ['-m', 'venv', folder]);
      await installPackages(python, log);
      await writeFile(complete, pinned.join(' '));
    },
    log,
  );
  return { python, folder, key };
}
