import { describe, expect, it } from 'vitest';
import { createConsoleLevel } from '../../../src/telemetry/console-level.js';
import { createLogBuffer } from '../../../src/telemetry/log-buffer.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { logSecurityEvent } from '../../../src/telemetry/security-events.js';
import { logProbe } from '../db/database-kit.js';

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
