/** Names of schemas: `latest`, a release such as `9.1`, or a name of the operator's own. Pure. */
import { SchemaProblem } from './problem.js';

/** Also the first word of a URL below `/proxmox/api2/`, where these already mean something. */
const reserved = new Set(['access', 'cluster', 'nodes', 'pools', 'storage', 'version', 'embedded']);

export function isTag(text: string): boolean {
  return text.length <= 64 && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) && !reserved.has(text);
}

/** `9.1` and `9.1.4`. */
export function isRelease(tag: string): boolean {
  return /^\d{1,4}(\.\d{1,4}){1,2}$/.test(tag);
}

/** A schema of that name from a node of this release would be one that lies. */
export function isOtherRelease(tag: string, release: string): boolean {
  return isRelease(tag) && !`${tag}.`.startsWith(`${release}.`);
}

/** A tag that is served by itself: any release, and the newest. @throws SchemaProblem for a text that cannot be a tag */
export function checkedTag(text: string): string {
  if (isTag(text)) return text;
  throw new SchemaProblem(
    `"${text.slice(0, 80)}" cannot be the name of a schema. Use a release such as 9.1, or latest: letters, digits, dot, ` +
      `underscore and hyphen, beginning with a letter or digit, and none of ${[...reserved].join(', ')}.`,
  );
}

const numbersOf = (tag: string): readonly number[] => tag.split('.').map(Number);

/** Newest release first, other names after them by the alphabet. */
export function compareTags(left: string, right: string): number {
  if (isRelease(left) !== isRelease(right)) return isRelease(left) ? -1 : 1;
  if (!isRelease(left)) return left < right ? -1 : 1;
  const [a, b] = [numbersOf(left), numbersOf(right)];
  const differing = [0, 1, 2].find((index) => (a[index] ?? -1) !== (b[index] ?? -1)) ?? 0;
  return (b[differing] ?? -1) - (a[differing] ?? -1);
}

/**
 * The schema for a cluster of that release: the same release, else the newest of the same major version, else `latest`,
 * else the newest there is. undefined when there is none.
 */
export function tagFor(release: string, tags: readonly string[]): string | undefined {
  const [major = '', minor = ''] = release.split('.');
  const exact = [release, `${major}.${minor}`].find((tag) => tags.includes(tag));
  if (exact !== undefined) return exact;
  const releases = tags.filter(isRelease).sort(compareTags);
  return (
    releases.find((tag) => tag.startsWith(`${major}.`)) ??
    (tags.includes('latest') ? 'latest' : undefined) ??
    releases[0]
  );
}
