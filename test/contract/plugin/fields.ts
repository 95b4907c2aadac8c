/** Looks fields up in an answer, by paths as the table of docs/plugin-compatibility.md writes them. */
import { isObject } from '../../../src/values/plain-object.js';

/** Steps: `[]` every element, `{cluster}` every value, else a key. */
function stepsOf(path: string): readonly string[] {
  return path
    .replaceAll('[]', '.[]')
    .split('.')
    .filter((step) => step !== '');
}

function isThere(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== undefined;
  if (step === '[]') return Array.isArray(value) && value.length > 0 && value.every((one) => isThere(one, rest));
  if (!isObject(value)) return false;
  if (step === '{cluster}') {
    const values = Object.values(value);
    return values.length > 0 && values.every((one) => isThere(one, rest));
  }
  return step in value && isThere(value[step], rest);
}

/** Those of the paths that the answer does not have, in every element of its lists. */
export function missingFields(body: unknown, paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !isThere(body, stepsOf(path)));
}
