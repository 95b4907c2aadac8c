import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createConsoleLevel } from '../../../src/telemetry/console-level.js';
import { createLogBuffer } from '../../../src/telemetry/log-buffer.js';
import { createLogFile } from '../../../src/telemetry/log-file.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { logSecurityEvent } from '../../../src/telemetry/security-events.js';
import { cleanUpDatabases, logProbe, temporaryFolder } from '../db/database-kit.js';

cleanUpDatabases();

function setUp() {
  const [console, file]: [string[], string[]] = [[], []];
  const sinkOf = (lines: string[]) => ({ write: (line: string) => void lines.push(line) });
  const buffer = createLogBuffer();
  const level = createConsoleLevel('INFO');
  const logger = createLogger({
    level,
    destinations: [{ level: 'WARNING', sink: sinkOf(file) }],
    buffer,
    console: sinkOf(console),
  });
  return { console, file, buffer, logger, level };
}

describe('the logger', () => {
  it('sends each sink its levels: the buffer all, the console its own, the file warnings', () => {
    const { console, file, buffer, logger } = setUp();

    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.fatal('d');

    expect(buffer.query({}).logs.map(({ level }) => level)).toEqual(['CRITICAL', 'WARNING', 'INFO', 'DEBUG']);
    expect([console.length, file.length]).toEqual([3, 2]);
  });

  it('shows more or less on the console as soon as it is told to, and the others as before', () => {
    const { console, file, buffer, logger, level } = setUp();

    level.set('DEBUG');
    logger.debug('a');
    level.set('CRITICAL');
    logger.error('b');
    logger.fatal('c');

    expect(level.current()).toBe('CRITICAL');
    expect(console.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['a', 'c']);
    expect([buffer.query({}).logs.length, file.length]).toEqual([3, 2]);
  });

  it('lets no secret through to any sink: message, arguments, fields, child fields, errors, causes', () => {
    const { console, file, buffer, logger } = setUp();
    const error = new Error('login failed with password=MARKER', { cause: new Error('Bearer MARKER') });

    logger.error('password="MARKER"');
    logger.error('header %s and %j', 'Authorization: Bearer MARKER', { api_key: 'MARKER' });
    logger.error({ token_value: 'MARKER', deep: { client_secret: 'MARKER' } }, 'fields');
    logger.child({ password: 'MARKER' }).error('child');
    logger.error({ err: error }, 'error');
    logger.error(error);

    for (const text of [console.join(), file.join(), JSON.stringify(buffer.query({}))]) {
      expect(text).toContain('[REDACTED]');
      expect(text).not.toContain('MARKER');
    }
    expect(buffer.query({}).logs).toHaveLength(6);
  });

  it('marks security events', () => {
    const { logger, lines } = logProbe();

    logSecurityEvent(
      logger,
      { event: 'endpoint_updated', kind: 'netbox', endpointId: 1, fields: ['token'] },
      'someone',
    );

    expect(lines()[0]).toMatchObject({
      security: true,
      event: 'endpoint_updated',
      fields: ['token'],
      actor: 'someone',
      level: 30,
    });
  });
});

describe('the log file', () => {
  const nothing = logProbe().logger;

  it('is opened later, dated, and reached under the configured path', async () => {
    const folder = path.join(temporaryFolder(), 'log');
    const wanted = path.join(folder, 'proxbox.log');
    const file = createLogFile();
    file.write('before it is open\n');

    expect(await file.open(wanted, nothing)).toBe(wanted);
    file.write('one\n');
    file.write('two\n');
    await file.close();
    file.write('after it was closed\n');

    expect(readdirSync(folder).filter((name) => /^proxbox\.\d{4}-\d\d-\d\d\.1\.log$/.test(name))).toHaveLength(1);
    expect(lstatSync(wanted).isSymbolicLink()).toBe(true);
    expect(readFileSync(wanted, 'utf8')).toBe('one\ntwo\n');
  });

  it('leaves a regular file of that name alone', async () => {
    const wanted = path.join(temporaryFolder(), 'proxbox.log');
    writeFileSync(wanted, 'written by something else\n');
    const file = createLogFile();

    await file.open(wanted, nothing);
    file.write('one\n');
    await file.close();

    expect(readFileSync(wanted, 'utf8')).toBe('written by something else\n');
  });

  it('warns and goes on when it cannot be opened', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'blocked'), '');
    mkdirSync(path.join(folder, 'ok'));
    const fallback = path.join(folder, 'ok', 'default.log');
    const { logger, lines } = logProbe();
    const file = createLogFile(fallback);

    expect(await file.open(path.join(folder, 'blocked', 'x.log'), logger)).toBe(fallback);
    expect(lines()).toHaveLength(1);
    expect(await file.open('relative.log', logger)).toBe(fallback);
    await file.close();
    expect(existsSync(fallback)).toBe(true);

    const hopeless = createLogFile(path.join(folder, 'blocked', 'y.log'));
    expect(await hopeless.open('/', logger)).toBeNull();
    hopeless.write('dropped\n');
  });
});
