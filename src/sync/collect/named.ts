/** Objects of ours that hang on a slug: read by it, and by name where an operator gave them another one. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { SupportKind } from '../plan/support-objects.js';
import type { RunContext } from '../run-context.js';

export interface Named {
  readonly slug: string;
  /** Its name; of a device type its model. */
  readonly title: string;
}

/**
 * One request, and a second one when a slug is missing: NetBox keeps names unique as well, so that an object of the name
 * would be in the way of ours. Without regard to case.
 *
 * @param wanted what the run needs
 * @param also slugs that are read along, and not missed
 */
export async function loadNamed<K extends SupportKind | 'site'>(
  { collections }: Pick<RunContext, 'collections'>,
  kind: K,
  wanted: readonly Named[],
  also: readonly string[] = [],
): Promise<readonly RecordOf<K>[]> {
  const slugs = [...new Set([...wanted.map(({ slug }) => slug), ...also])].sort();
  const found = await collections.load(kind, {}, { filter: 'slug', of: slugs });
  const known = new Set(found.map((row: RecordOf<SupportKind | 'site'>) => row.slug));
  const unknown = wanted.filter(({ slug }) => !known.has(slug)).map(({ title }) => title);
  const filter = kind === 'device-type' ? 'model__ie' : 'name__ie';
  return [...found, ...(await collections.load(kind, {}, { filter, of: [...new Set(unknown)].sort() }))];
}
