/** Plans a NetBox platform for every operating system that guests name. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { byAge } from '../../netbox/kinds/values.js';
import type { PlanBuilder } from './plan-builder.js';
import { slugify } from './slug.js';
import { proxboxTag } from './support-objects.js';

/**
 * A stored platform is found by its name in any case, then by slug; one without a manufacturer comes first, then the oldest, since
 * NetBox keeps both unique for each manufacturer only. It is used as it is. Refer to them by `ref('platform', <name>)`.
 */
export function planPlatforms(
  builder: PlanBuilder,
  names: readonly string[],
  records: readonly RecordOf<'platform'>[],
): void {
  const ranked = records.toSorted(
    (a, b) => Number(a.manufacturer !== null) - Number(b.manufacturer !== null) || byAge(a, b),
  );
  for (const name of [...new Set(names)].sort()) {
    const slug = slugify(name, 'platform');
    const stored =
      ranked.find((record) => record.name.toLowerCase() === name.toLowerCase()) ??
      ranked.find((record) => record.slug === slug);
    builder.offer(
      {
        kind: 'platform',
        key: name,
        label: name,
        fields: { name, slug, tags: [proxboxTag] },
        rules: { name: 'create-only', slug: 'create-only', tags: 'create-only' },
      },
      stored,
    );
  }
}
