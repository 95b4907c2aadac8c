/** What is said where SQLite, a native module, cannot be loaded. */
import { describe, expect, it } from 'vitest';
import { checkNativeModule, nativeModuleProblem } from '../../../src/db/native-module.js';

describe('a native module that cannot be loaded', () => {
  it.each([
    'The module better_sqlite3.node was compiled against a different Node.js version using NODE_MODULE_VERSION 115.',
    "Module did not self-register: '/x/better_sqlite3.node'.",
    '/x/better_sqlite3.node: invalid ELF header',
  ])('is named with the Node.js and the command: %s', (text) => {
    expect(nativeModuleProblem(new Error(text), 'v22.1.0')).toBe(
      'better-sqlite3 was installed for another Node.js or another machine than this one (v22.1.0). Run: npm rebuild better-sqlite3',
    );
  });

  it('that was never made is named with the script that makes it', () => {
    const error = new Error('Could not locate the bindings file. Tried:\n → /x/build/better_sqlite3.node');

    expect(nativeModuleProblem(error, 'v22.1.0')).toMatch(/without its install script.*npm rebuild better-sqlite3$/);
  });

  it('is nothing else, and the one that is here loads', () => {
    expect(nativeModuleProblem(new Error('database disk image is malformed'), 'v22.1.0')).toBeUndefined();
    expect(checkNativeModule).not.toThrow();
  });
});
