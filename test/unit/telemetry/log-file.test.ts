/** The log file: one per day and size, seven kept, and what happens where it cannot be written. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogFile } from '../../../src/telemetry/log-file.js';
import { cleanUpDatabases, logProbe, temporaryFolder, testClock } from '../db/database-kit.js';

cleanUpDatabases();

const nothing = logProbe().logger;
const dayMs = 86_400_000;

/** Noon, so that the local day is the same in every time zone near. */
function setUp(options: { readonly maxBytes?: number } = {}) {
  const folder = path.join(temporaryFolder(), 'log');
  const clock = testClock('2026-03-01T12:00:00Z');
  const wanted = path.join(folder, 'proxbox.log');
  const names = (): string[] => readdirSync(folder).filter((name) => name !== 'proxbox.log');
  return { folder, clock, wanted, names, file: createLogFile({ clock, ...options }) };
}

describe('the log file', () => {
  it('is opened later, dated, and reached under the configured path', () => {
    const { wanted, names, file } = setUp();
    file.write('before it is open\n');

    expect(file.open(wanted, nothing)).toBe(true);
    file.write('one\n');
    file.write('two\n');
    file.close();
    file.write('after it was closed\n');

    expect(names()).toEqual(['proxbox.2026-03-01.1.log']);
    expect(lstatSync(wanted).isSymbolicLink()).toBe(true);
    expect(readFileSync(wanted, 'utf8')).toBe('one\ntwo\n');
  });

  it('goes on where the last start ended', () => {
    const { wanted, names, file, clock } = setUp();
    file.open(wanted, nothing);
    file.write('one\n');
    file.close();
    const later = createLogFile({ clock });

    later.open(wanted, nothing);
    later.write('two\n');

    expect(names()).toHaveLength(1);
    expect(readFileSync(wanted, 'utf8')).toBe('one\ntwo\n');
  });

  it('is a new one each day, and seven of them stay', () => {
    const { folder, wanted, names, file, clock } = setUp();
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'proxbox.2026-02-01.3.log'), 'as the release before wrote it');
    writeFileSync(path.join(folder, 'other.2026-02-01.1.log'), 'of somebody else');
    file.open(wanted, nothing);

    for (let day = 1; day <= 9; day += 1) {
      file.write(`${day}\n`);
      clock.advance(dayMs);
    }

    const days = ['03', '04', '05', '06', '07', '08', '09'];
    expect(names()).toEqual(['other.2026-02-01.1.log', ...days.map((day) => `proxbox.2026-03-${day}.1.log`)]);
    expect(readFileSync(wanted, 'utf8')).toBe('9\n');
  });

  it('is a new one when it is full, and the oldest go then as well', () => {
    const { wanted, names, file } = setUp({ maxBytes: 10 });
    file.open(wanted, nothing);

    for (let line = 1; line <= 19; line += 1) file.write(`l ${line % 10}\n`);

    expect(names().sort()).toEqual([10, 4, 5, 6, 7, 8, 9].map((number) => `proxbox.2026-03-01.${number}.log`));
    expect(readFileSync(wanted, 'utf8')).toBe('l 9\n');
  });

  it('keeps the one that is written when the clock is set back', () => {
    const { wanted, file, clock } = setUp();
    file.open(wanted, nothing);
    for (let day = 1; day <= 8; day += 1) {
      file.write('x\n');
      clock.advance(dayMs);
    }
    clock.advance(-100 * dayMs);

    file.write('back\n');
    file.write('again\n');

    expect(readFileSync(wanted, 'utf8')).toBe('back\nagain\n');
  });

  it('leaves a regular file of that name alone', () => {
    const { folder, wanted, file } = setUp();
    mkdirSync(folder);
    writeFileSync(wanted, 'written by something else\n');

    file.open(wanted, nothing);
    file.write('one\n');

    expect(readFileSync(wanted, 'utf8')).toBe('written by something else\n');
  });

  it('moves when another path is wanted, and to none', () => {
    const { folder, wanted, file } = setUp();
    file.open(wanted, nothing);

    expect(file.open(path.join(folder, 'other'), nothing)).toBe(true);
    file.write('moved\n');
    expect(file.open('', nothing)).toBe(false);
    file.write('dropped\n');

    expect(readFileSync(wanted, 'utf8')).toBe('');
    expect(readFileSync(path.join(folder, 'other.2026-03-01.1.log'), 'utf8')).toBe('moved\n');
  });

  it.each(['relative.log', '/'])('says once that %s is no path of a file', (wrong) => {
    const { logger, lines } = logProbe();
    const file = createLogFile();

    expect([file.open(wrong, logger), file.open(wrong, logger)]).toEqual([false, false]);

    expect(lines()).toEqual([
      expect.objectContaining({ level: 40, path: wrong, reason: expect.stringContaining('absolute') }),
    ]);
  });

  it('says once that it cannot be opened, and drops what is written', () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'blocked'), '');
    const { logger, lines } = logProbe();
    const file = createLogFile();
    const wanted = path.join(folder, 'blocked', 'x.log');

    expect([file.open(wanted, logger), file.open(wanted, logger)]).toEqual([false, false]);
    file.write('dropped\n');

    expect(lines()).toEqual([expect.objectContaining({ msg: expect.stringContaining('PROXBOX_LOG_FILE') })]);
  });

  it('says once that it cannot be written, also through itself, and goes on when it can be again', () => {
    const { folder, wanted, file, clock } = setUp();
    const { logger, lines } = logProbe();
    const echo = { warn: (fields: object, text: string) => (logger.warn(fields, text), file.write('the warning\n')) };
    file.open(wanted, echo as never);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'no folder any more');
    clock.advance(dayMs);

    file.write('lost\n');
    file.write('lost\n');
    rmSync(folder);
    mkdirSync(folder);
    file.write('written\n');

    expect(lines()).toHaveLength(1);
    expect(readFileSync(path.join(folder, 'proxbox.2026-03-02.1.log'), 'utf8')).toBe('written\n');
  });

  it('is no file at all when none is wanted', () => {
    const { folder, file } = setUp();

    expect(file.open('', nothing)).toBe(false);
    file.write('dropped\n');

    expect(existsSync(folder)).toBe(false);
  });
});
