/** Which keys are called weak, and where that is said. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/config/secret.js';
import { openFileWarning } from '../../../src/security/key-file.js';
import { keyWeakness } from '../../../src/security/key-strength.js';
import { cleanUpDatabases, newDatabase, temporaryFolder, vaultFor } from '../db/database-kit.js';

cleanUpDatabases();

const strong = 'q3J0mXb1rVtZ8sYw5uKc2nLdPe7gHfA9iTzO4yRxNDk=';

describe('a key', () => {
  it.each([
    ['k', 'has only 1 characters'],
    ['0123456789012345678', 'has only 19 characters'],
    ['abababababababababababab', 'has only 2 different characters'],
    ['please-change-me-in-production', 'reads like an example'],
    ['<paste your key here, please>', 'reads like an example'],
  ])('%s %s', (text, weakness) => {
    expect(keyWeakness(new Secret(text))).toBe(weakness);
  });

  it.each([strong, '5f0e9a7c41d2b86e3a90c7d1f4b2e685', 'correct horse battery staple, twice'])('%s is none', (text) => {
    expect(keyWeakness(new Secret(text))).toBeUndefined();
  });

  it('that is weak is told at the start and in the status, without itself', () => {
    const { keys, log } = vaultFor(newDatabase(), { env: 'MARKER' });

    const { warnings } = keys.status();

    expect(warnings).toEqual([
      expect.stringMatching(/^The encryption key of PROXBOX_ENCRYPTION_KEY is weak: it has only 6/),
    ]);
    expect(warnings[0]).toContain('openssl rand -base64 32');
    expect(log.lines()).toEqual([expect.objectContaining({ level: 40, msg: warnings[0] })]);
    expect(log.text()).not.toContain('MARKER');
  });

  it('that is set is told of in the answer and in the log', () => {
    const { keys, log } = vaultFor(newDatabase(), {});

    const { warnings } = keys.setKey('short', { force: false });

    expect(warnings).toEqual([expect.stringContaining('is weak: it has only 5 characters')]);
    expect(
      log
        .lines()
        .filter(({ level }) => level === 40)
        .map(({ msg }) => msg),
    ).toEqual(warnings);
    expect(keys.generateKey({ force: true }).warnings).toEqual([]);
  });
});

describe('a key file', () => {
  it('that every user can read is named with the command that mends it', () => {
    const file = path.join(temporaryFolder(), 'key');
    writeFileSync(file, strong);
    chmodSync(file, 0o644);
    const open = vaultFor(newDatabase(), { file }).keys.status().warnings;
    chmodSync(file, 0o640);

    expect(open).toEqual([
      `The encryption key file ${file} can be read by every user of this machine (mode 644). Run: chmod 600 ${file}`,
    ]);
    expect(vaultFor(newDatabase(), { file }).keys.status().warnings).toEqual([]);
  });

  it('that is missing is nothing to say here', () => {
    expect(openFileWarning(path.join(temporaryFolder(), 'none'))).toBeUndefined();
  });
});
