/** Variables whose value is in quotation marks, as `docker --env-file` and lists in Compose files pass them on. Pure. */
import { ownVariables } from './own-variables.js';

/** They are no part of an address, so they are left out there. */
const unharmed = 'PROXBOX_BIND_HOST';

function textFor(name: string): string {
  const marks = `${name} is in quotation marks, which are taken as part of its value.`;
  return name === 'PROXBOX_ENCRYPTION_KEY'
    ? `${marks} Remove them, unless credentials were stored with them: then they are part of the key.`
    : `${marks} Remove them.`;
}

/** One sentence for each; no value is told. */
export function quotedIn(variables: NodeJS.ProcessEnv): readonly string[] {
  const isQuoted = (name: string): boolean => /^\s*(["']).*\1\s*$/s.test(variables[name] ?? '');
  return ownVariables.filter((name) => name !== unharmed && isQuoted(name)).map(textFor);
}
