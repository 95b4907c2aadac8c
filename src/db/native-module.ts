/** SQLite is a native module: compiled for one release line of Node.js, by a script that npm runs when it installs it. */
import BetterSqlite3 from 'better-sqlite3';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';

/** What is wrong with the module, where the failure of loading it says so. Pure. */
export function nativeModuleProblem(error: unknown, nodeVersion: string): string | undefined {
  const text = errorText(error);
  const mend = 'Run: npm rebuild better-sqlite3';
  if (/NODE_MODULE_VERSION|did not self-register|ERR_DLOPEN_FAILED|invalid ELF header|mach-o/i.test(text))
    return `better-sqlite3 was installed for another Node.js or another machine than this one (${nodeVersion}). ${mend}`;
  if (/could not locate the bindings file/i.test(text))
    return `better-sqlite3 was installed without its install script, which npm has to be allowed to run. ${mend}`;
  return undefined;
}

/** @throws ProxboxError `not_configured` when SQLite cannot be loaded, with what to do */
export function checkNativeModule(): void {
  try {
    new BetterSqlite3(':memory:').close();
  } catch (error) {
    const problem = nativeModuleProblem(error, process.version) ?? `SQLite cannot be loaded: ${errorText(error)}`;
    throw new ProxboxError('not_configured', `${problem}.`, { cause: error });
  }
}
