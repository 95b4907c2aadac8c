/** How a command says to the service who asks. */
import { userInfo } from 'node:os';

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The id of the user has no name, as in many containers.
    return '';
  }
}

/** For the list of runs. */
export function callerHeaders(): Readonly<Record<string, string>> {
  const actor = userName().replace(/[^!-~]/g, '');
  return { 'x-proxbox-trigger': 'cli', ...(actor === '' ? {} : { 'x-proxbox-actor': actor }) };
}
