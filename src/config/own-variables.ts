/** The names of all variables that this service reads. */
import { processVariables } from './env-table.js';
import { tunableKeys, tunables } from './tunables.js';

export const ownVariables: readonly string[] = [
  ...processVariables.map(({ variable }) => variable),
  ...tunableKeys.flatMap((key) => tunables[key].variable ?? []),
];
