/**
 * `npm run test:netbox`: the tests of this folder on a real NetBox with the real plugin. Needs PostgreSQL and Redis; installs
 * the rest outside the repository. With `--prepare` it does only that. Other arguments go to vitest. The last line is
 * `N passed, N failed[, N skipped]`.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropLeftovers } from './database.mjs';
import { openNetBox, prepare } from './open.mjs';
import { endChildren, start } from './processes.mjs';
import { RegistryRefusal, VERSIONS } from './python.mjs';
import { NETBOXES, seed } from './settings.mjs';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const startedAt = performance.now();
const log = (text) =>
  console.log(`[netbox ${((performance.now() - startedAt) / 1000).toFixed(0).padStart(3)} s] ${text}`);

/** Undone in reverse order, once, however the run ends. */
const cleanups = [];
async function cleanUp() {
  while (cleanups.length > 0) {
    const undo = cleanups.pop();
    await undo().catch((error) => log(`cleaning up: ${error.message}`));
  }
}

function conclude({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function vitest(reportFile, variables) {
  const config = fileURLToPath(new URL('./vitest.config.ts', import.meta.url));
  const args = [
    'run',
    '--root',
    repository,
    '--config',
    config,
    `--maxWorkers=${NETBOXES}`,
    '--reporter=default',
    '--reporter=json',
  ];
  const command = join(repository, 'node_modules', '.bin', 'vitest');
  const child = start(command, [...args, `--outputFile.json=${reportFile}`, ...process.argv.slice(2)], {
    cwd: repository,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
}

/** Sums a vitest report. A file that could not be loaded has no tests in it, and counts as one failure. */
async function readReport(file, exitCode) {
  const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  const broken = (report.testResults ?? []).filter(
    (one) => one.status === 'failed' && one.assertionResults.length === 0,
  ).length;
  const failed = (report.numFailedTests ?? 0) + broken;
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  return { passed: report.numPassedTests ?? 0, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

/** The last lines that NetBox wrote. */
async function endOfLog(server) {
  const lines = (await server.log()).split('\n').filter((line) => line.trim());
  return lines.slice(-15).join('\n');
}

async function main() {
  const prepared = await prepare(log);
  await dropLeftovers(prepared.python);
  const opened = [];
  for (let index = 0; index < NETBOXES; index += 1) opened.push(await openNetBox(prepared, index, cleanups));
  log(`running the tests on NetBox ${VERSIONS.netbox} with netbox-proxbox ${VERSIONS['netbox-proxbox']}`);
  const reportFile = join(opened[0].folder, 'report.json');
  const exitCode = await vitest(reportFile, {
    NETBOX_TEST_SERVERS: JSON.stringify(opened.map(({ access }) => access)),
    NETBOX_TEST_PYTHON: prepared.python,
    NETBOX_TEST_TOKENS: JSON.stringify(seed.tokens),
  });
  const sum = await readReport(reportFile, exitCode);
  if (sum.failed > 0) for (const { server } of opened) log(`the end of NetBox's log:\n${await endOfLog(server)}`);
  return sum;
}

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    interrupted = true;
    log(`${signal}: stopping`);
    void endChildren()
      .then(cleanUp)
      .finally(() => process.exit(130));
  });
}

function reportFailure(error) {
  const skip = process.env.CI === 'true' && error instanceof RegistryRefusal;
  log(skip ? `skipped: the package registry does not give out the pinned packages.\n${error.message}` : error.message);
  conclude(skip ? { passed: 0, failed: 0, skipped: 1 } : { passed: 0, failed: 1, skipped: 0 });
}

try {
  if (process.argv.includes('--prepare')) {
    await prepare(log);
    log('prepared');
  } else {
    const sum = await main();
    await cleanUp();
    if (!interrupted) conclude(sum);
  }
} catch (error) {
  await cleanUp();
  if (!interrupted) reportFailure(error);
}
