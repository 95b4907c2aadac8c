/** Prepares and opens a real NetBox for whoever works on it from another process: the tests of this folder, the benchmark. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openControl } from './control.mjs';
import { assertServicesReachable, ensureTemplates, openCopy, runDatabaseName } from './database.mjs';
import { ensureEnvironment } from './python.mjs';
import { createNetBoxServer } from './server.mjs';

/** What takes long and is kept: the installation and the template databases. */
export async function prepare(log) {
  await assertServicesReachable();
  const environment = await ensureEnvironment(log);
  const templates = await ensureTemplates(environment, log);
  return { python: environment.python, templates };
}

/**
 * A database and a server of this run's own, and the door to them: `{ server, folder, access: { url, control, root } }`. It
 * starts when somebody first resets it through the door. `index` is its place among those of the run, `wsgi` the application
 * that its server runs. `cleanups` gets what undoes all of it, to be run in reverse order.
 */
export async function openNetBox({ python, templates }, { index, wsgi = 'netbox.wsgi' }, cleanups) {
  const database = runDatabaseName(index);
  const copy = openCopy(python, database);
  cleanups.push(copy.drop);
  const folder = await mkdtemp(join(tmpdir(), 'proxbox-netbox-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const server = await createNetBoxServer({ python, folder, database, index, wsgi });
  cleanups.push(() => server.stop());
  const reset = async (template) => {
    await server.configure({ hasBranching: template === 'branching' });
    await copy.reset(templates[template]);
    await server.start();
  };
  const control = await openControl({
    'POST /reset': () => reset('plain'),
    'POST /reset-with-branching': () => reset('branching'),
    'POST /stop': server.stop,
    'POST /start': server.start,
    'POST /forget-requests': server.forgetRequests,
    'GET /requests': server.requests,
    'GET /process-group': async () => ({ id: server.processGroup() }),
  });
  cleanups.push(async () => control.close());
  return { server, folder, access: { url: server.url, control: control.url, root: folder } };
}
