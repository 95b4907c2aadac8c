/** Prepares and opens a real NetBox for whoever works on it from another process: the tests of this folder, the benchmark. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openControl } from './control.mjs';
import { assertServicesReachable, ensureTemplates, openCopy, runDatabaseName } from './database.mjs';
import { ensureEnvironments, layer } from './python.mjs';
import { createNetBoxServer } from './server.mjs';

/** What takes long and is kept: the installation and the template databases. */
export async function prepare(log) {
  await assertServicesReachable();
  const environments = await ensureEnvironments(log);
  const templates = await ensureTemplates(environments, log);
  return { python: environments.newest.python, environments, templates };
}

/**
 * A database and a server of this run's own, and the door to them: `{ server, folder, access: { url, control, root } }`. It
 * starts when somebody first resets it through the door. `index` is its place among those of the run, `wsgi` the application
 * that its server runs. `cleanups` gets what undoes all of it, to be run in reverse order.
 */
export async function openNetBox({ python, environments, templates }, { index, wsgi = 'netbox.wsgi' }, cleanups) {
  const database = runDatabaseName(index);
  const copy = openCopy(python, database);
  cleanups.push(copy.drop);
  const folder = await mkdtemp(join(tmpdir(), 'proxbox-netbox-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const server = await createNetBoxServer({ folder, database, index, wsgi });
  cleanups.push(() => server.stop());
  const reset = async ({ name, ...configuration }) => {
    await server.configure(configuration);
    await copy.reset(name);
    await server.start();
  };
  let installations = 0;
  // The migrations of the plugin take minutes. The template in which they were done, from NetBox alone and by the same command,
  // saves them, unless somebody wants to see them done.
  const withoutPlugin = process.env.NETBOX_TEST_FROM_EMPTY === '1' ? templates.bare : templates.plain;
  // Whoever asks for it installs plugins and edits the configuration, so each time it is another one.
  const resetWithoutPlugin = async () => {
    installations += 1;
    const environment = join(folder, `environment-${installations}`);
    await reset({ ...templates.bare, name: withoutPlugin.name, python: await layer(environment, environments.bare) });
    return { environment };
  };
  const control = await openControl({
    'POST /reset': () => reset(templates.plain),
    'POST /reset-with-branching': () => reset(templates.branching),
    'POST /reset-with-older-plugin': () => reset(templates.older),
    'POST /reset-without-plugin': resetWithoutPlugin,
    'POST /stop': server.stop,
    'POST /start': server.start,
    'POST /forget-requests': server.forgetRequests,
    'GET /requests': server.requests,
    'GET /process-group': async () => ({ id: server.processGroup() }),
  });
  cleanups.push(async () => control.close());
  return { server, folder, access: { url: server.url, control: control.url, root: folder } };
}
