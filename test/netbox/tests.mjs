/**
 * Runs a folder of vitest files on real NetBoxes, as many as run side by side, and counts: what `npm run test:netbox` and
 * `npm run test:browser` share. The last line that is printed is `N passed, N failed[, N skipped]`.
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

/** Undone in reverse order, once, however the run ends. */
const cleanups = [];
async function cleanUp(log) {
  while (cleanups.length > 0) {
    const undo = cleanups.pop();
    await undo().catch((error) => log(`cleaning up: ${error.message}`));
  }
}

function conclude({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function vitest(config, reportFile, variables) {
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

async function run({ log, config, wsgi, variables, afterwards }) {
  const prepared = await prepare(log);
  await dropLeftovers(prepared.python);
  const more = await variables();
  const opened = [];
  for (let index = 0; index < NETBOXES; index += 1) opened.push(await openNetBox(prepared, { index, wsgi }, cleanups));
  log(`running the tests on NetBox ${VERSIONS.netbox} with netbox-proxbox ${VERSIONS['netbox-proxbox']}`);
  const reportFile = join(opened[0].folder, 'report.json');
  const exitCode = await vitest(config, reportFile, {
    NETBOX_TEST_SERVERS: JSON.stringify(opened.map(({ access }) => access)),
    NETBOX_TEST_PYTHON: prepared.python,
    NETBOX_TEST_OLDER_PYTHON: prepared.environments.older?.python ?? '',
    NETBOX_TEST_WHEELS: prepared.environments.wheels,
    NETBOX_TEST_TOKENS: JSON.stringify(seed.tokens),
    ...more,
  });
  const tests = await readReport(reportFile, exitCode);
  const further = await afterwards({ log, failed: tests.failed });
  const sum = { ...tests, passed: tests.passed + further.passed, failed: tests.failed + further.failed };
  if (sum.failed > 0) for (const { server } of opened) log(`the end of NetBox's log:\n${await endOfLog(server)}`);
  return sum;
}

/**
 * Prepares (with `--prepare` that is all), runs, cleans up and sets the exit code. A package registry that refuses the pinned
 * packages is skipped in CI.
 * @param {{ name: string, config: string, wsgi?: string, variables?: () => Promise<Record<string, string>>,
 * afterwards?: (tests: { log: (text: string) => void, failed: number }) => Promise<{ passed: number, failed: number }> }} options name:
 * of the log lines; config: the file of vitest; wsgi: the application that NetBox's server runs; variables: further ones for
 * the tests, asked for before NetBox starts; afterwards: what else is checked when the tests have ended, counted like tests
 */
export async function runTests({ afterwards = async () => ({ passed: 0, failed: 0 }), ...options }) {
  const { name, config, wsgi = 'netbox.wsgi', variables = async () => ({}) } = options;
  const log = (text) =>
    console.log(`[${name} ${((performance.now() - startedAt) / 1000).toFixed(0).padStart(3)} s] ${text}`);
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      interrupted = true;
      log(`${signal}: stopping`);
      void endChildren()
        .then(() => cleanUp(log))
        .finally(() => process.exit(130));
    });
  }

  function reportFailure(error) {
    const skip = process.env.CI === 'true' && error instanceof RegistryRefusal;
    log(
      skip ? `skipped: the package registry does not give out the pinned packages.\n${error.message}` : error.message,
    );
    conclude(skip ? { passed: 0, failed: 0, skipped: 1 } : { passed: 0, failed: 1, skipped: 0 });
  }

  try {
    if (process.argv.includes('--prepare')) {
      await prepare(log);
      log('prepared');
    } else {
      const sum = await run({ log, config, wsgi, variables, afterwards });
      await cleanUp(log);
      if (!interrupted) conclude(sum);
    }
  } catch (error) {
    await cleanUp(log);
    if (!interrupted) reportFailure(error);
  }
}
