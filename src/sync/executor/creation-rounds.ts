/** In which requests new objects of one kind are sent: NetBox checks those of one request against what it has, not each other. Pure. */
import { objectKey, type Desired } from '../types.js';

/** What has to come after another new object is in the second round; no round is empty. */
export function creationRounds(creates: readonly Desired[]): readonly (readonly Desired[])[] {
  const keys = new Set(creates.map(({ kind, key }) => objectKey(kind, key)));
  const isSecond = ({ after }: Desired): boolean => after !== undefined && keys.has(after);
  return [creates.filter((desired) => !isSecond(desired)), creates.filter(isSecond)].filter(({ length }) => length > 0);
}
