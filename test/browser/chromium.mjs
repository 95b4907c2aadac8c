/** Finds Chromium on this machine, and installs Debian's when there is none. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execute } from '../netbox/processes.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const isProgram = (file) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

async function onPath(wanted) {
  for (const name of wanted)
    for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean))
      if (await isProgram(join(folder, name))) return join(folder, name);
  return undefined;
}

const advice =
  'The browser tests need Chromium. Install it (Debian: apt-get install chromium), or name another program of its kind in the ' +
  'variable CHROMIUM.';

async function installFromDebian(log) {
  const apt = await onPath(['apt-get']);
  if (apt === undefined || process.getuid?.() !== 0)
    throw new Error(`There is no Chromium, and it cannot be installed without apt-get and root. ${advice}`);
  log('installing Chromium with apt-get (a minute or two)');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await execute(apt, ['update', '-q'], { env });
    await execute(apt, ['install', '-q', '-y', '--no-install-recommends', 'chromium'], { env });
  } catch (error) {
    const reason = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .slice(-5)
      .join('\n');
    throw new Error(`apt-get could not install Chromium:\n${reason}\n${advice}`);
  }
}

/** The program: what CHROMIUM names, else the first that is installed, else Debian's, which it installs. Throws with what to do. */
export async function ensureChromium(log) {
  const named = process.env.CHROMIUM;
  if (named) {
    if (await isProgram(named)) return named;
    throw new Error(`CHROMIUM names ${named}, which is no program. ${advice}`);
  }
  const found = await onPath(names);
  if (found !== undefined) return found;
  await installFromDebian(log);
  const installed = await onPath(names);
  if (installed === undefined) throw new Error(`apt-get has installed Chromium, and it is not on the path. ${advice}`);
  return installed;
}
