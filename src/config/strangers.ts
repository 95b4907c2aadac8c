/** Variables that are set and not used: those of the Python service with the reason, and misspelt ones with the name that was meant. Pure. */
import { foreignVariables, type ForeignVariable } from './foreign-variables.js';
import { ownVariables } from './own-variables.js';

export interface Strangers {
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** Insertions, deletions, exchanges and swaps of neighbours that make one text of the other (optimal string alignment). */
function distance(one: string, other: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const costs = [
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[column - 2] ?? 0) + 1 : Infinity,
      ];
      next.push(Math.min(...costs));
    }
    [before, last] = [last, next];
  }
  return last[other.length] ?? 0;
}

/** The known name that is written most alike, when it is so in three quarters of the part after `PROXBOX_`. */
function nearest(name: string): string | undefined {
  const part = (text: string): string => text.toUpperCase().replace(/^PROXBOX_/, '');
  const wanted = part(name);
  const [best] = ownVariables
    .map((candidate) => ({ candidate, changes: distance(wanted, part(candidate)) }))
    .sort((one, other) => one.changes - other.changes);
  return best !== undefined && best.changes <= Math.max(1, wanted.length / 4) ? best.candidate : undefined;
}

function foreignText(name: string, { because, level }: ForeignVariable): string {
  return `${name} is not used by this service, because ${because}.${level === 'warn' ? ' Remove it.' : ''}`;
}

function unknownText(name: string): string {
  const meant = nearest(name);
  const remedy = meant === undefined ? 'docs/configuration.md lists those there are.' : `Did you mean ${meant}?`;
  return `${name} is ignored: there is no such variable. ${remedy}`;
}

/** Kubernetes tells every container of the services beside it, so also of one that is called proxbox-api. */
const ofKubernetes = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;

/** Names only: no value is told. */
export function strangersIn(variables: NodeJS.ProcessEnv): Strangers {
  const warnings: string[] = [];
  const notes: string[] = [];
  const isSet = (name: string, silentValue?: string): boolean => {
    const value = variables[name]?.trim() ?? '';
    return value !== '' && value !== silentValue;
  };
  for (const entry of foreignVariables)
    for (const name of entry.variables.filter((one) => isSet(one, entry.silentValue)))
      (entry.level === 'warn' ? warnings : notes).push(foreignText(name, entry));
  const foreign = new Set(foreignVariables.flatMap((entry) => entry.variables));
  const unknown = Object.keys(variables)
    .filter((name) => /^PROXBOX_/i.test(name) && !ownVariables.includes(name) && !foreign.has(name) && isSet(name))
    .filter((name) => !ofKubernetes.test(name))
    .sort();
  warnings.push(...unknown.map((name) => unknownText(name)));
  return { warnings, notes };
}
