/** Finds a program on this machine, and installs Debian's package of it when there is none. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execute } from '../netbox/processes.mjs';

/** Where Debian puts servers, beside what the path of a user names. */
const folders = () => [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/sbin', '/sbin'];

const isProgram = (file) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

async function onPath(wanted) {
  for (const name of wanted)
    for (const folder of folders()) if (await isProgram(join(folder, name))) return join(folder, name);
  return undefined;
}

/**
 * @typedef {object} Wanted
 * @property {string} title as people call it, e.g. "Chromium"
 * @property {readonly string[]} names of the program, the first that is there counts
 * @property {string} debian its package
 * @property {string} variable of the environment that names another program of its kind
 * @property {string} tests which tests need it, e.g. "The browser tests need"
 */

async function installFromDebian({ title, debian }, advice, log) {
  const apt = await onPath(['apt-get']);
  if (apt === undefined || process.getuid?.() !== 0)
    throw new Error(`There is no ${title}, and it cannot be installed without apt-get and root. ${advice}`);
  log(`installing ${title} with apt-get (up to a minute or two)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await execute(apt, ['update', '-q'], { env });
    await execute(apt, ['install', '-q', '-y', '--no-install-recommends', debian], { env });
  } catch (error) {
    const reason = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .slice(-5)
      .join('\n');
    throw new Error(`apt-get could not install ${title}:\n${reason}\n${advice}`);
  }
}

/**
 * The program: what the variable names, else the first that is installed, else Debian's, which it installs. Throws with what to do.
 * @param {Wanted} wanted
 */
export async function ensureProgram(wanted, log) {
  const { title, names, debian, variable, tests } = wanted;
  const advice = `${tests} ${title}. Install it (Debian: apt-get install ${debian}), or name another program of its kind in the variable ${variable}.`;
  const named = process.env[variable];
  if (named) {
    if (await isProgram(named)) return named;
    throw new Error(`${variable} names ${named}, which is no program. ${advice}`);
  }
  const found = await onPath(names);
  if (found !== undefined) return found;
  await installFromDebian(wanted, advice, log);
  const installed = await onPath(names);
  if (installed === undefined) throw new Error(`apt-get has installed ${title}, and it is not on the path. ${advice}`);
  return installed;
}
