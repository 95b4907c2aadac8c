/**
 * `npm run bench`: this service, and with `--against python` the Python service of the same name, side by side on one real
 * NetBox. Prepares as `npm run test:netbox` does, and installs the Python service from PyPI outside the repository. The rest of
 * the arguments go to `test/bench/side-by-side.ts`, which says what they are.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropLeftovers } from './database.mjs';
import { openNetBox, prepare } from './open.mjs';
import { endChildren, execute, start } from './processes.mjs';
import { VERSIONS, findPython, pip } from './python.mjs';
import { seed } from './settings.mjs';

/** The newest that works with the published plugin. */
const PYTHON_SERVICE = '0.0.28.post1';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const log = (text) => console.error(`[bench] ${text}`);
const cleanups = [];

async function cleanUp() {
  while (cleanups.length > 0) {
    const undo = cleanups.pop();
    await undo().catch((error) => log(`cleaning up: ${error.message}`));
  }
}

/** The Python that has the Python service. */
async function ensurePythonService() {
  const root = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'proxbox-api-bench');
  const folder = join(root, `python-service-${PYTHON_SERVICE}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if ((await readFile(complete, 'utf8').catch(() => '')) === PYTHON_SERVICE) return python;
  log(`installing proxbox-api ${PYTHON_SERVICE} from PyPI into ${folder}`);
  await mkdir(root, { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await execute((await findPython()).command, ['-m', 'venv', folder]);
  await pip(python, [`proxbox-api==${PYTHON_SERVICE}`], log);
  await writeFile(complete, PYTHON_SERVICE);
  return python;
}

async function main() {
  const against = process.argv.includes('--against');
  const prepared = await prepare(log);
  await dropLeftovers(prepared.python);
  const { access } = await openNetBox(prepared, { index: 0 }, cleanups);
  const variables = {
    BENCH_NETBOX: JSON.stringify({ ...access, version: VERSIONS.netbox, plugin: VERSIONS['netbox-proxbox'] }),
    BENCH_TOKENS: JSON.stringify(seed.tokens),
    ...(against ? { BENCH_PYTHON: await ensurePythonService(), BENCH_PYTHON_SERVICE: PYTHON_SERVICE } : {}),
  };
  const program = join(repository, 'build', 'test', 'bench', 'side-by-side.js');
  const child = start(process.execPath, [program, ...process.argv.slice(2)], {
    cwd: repository,
    env: { ...process.env, ...variables },
    stdio: 'inherit',
  });
  process.exitCode = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    void endChildren()
      .then(cleanUp)
      .finally(() => process.exit(130));
  });
}

try {
  await main();
} catch (error) {
  log(error.message);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
