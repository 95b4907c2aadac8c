import type { Rule } from './rule.js';
import { displayOf } from '../display.js';
import { refuse } from '../failures.js';
import { asText } from '../values.js';
import type { Change } from '../world.js';

const scopeSite = (change: Change): unknown =>
  change.draft['scope_type'] === 'dcim.site' ? change.draft['scope_id'] : null;

/** A cluster's site scope binds its hosts and rewrites the site of its virtual machines. */
export const clusterRule: Rule = {
  clean: (change) => {
    const { draft, before, world } = change;
    if (draft['scope_type'] && !draft['scope_id'])
      refuse('__all__', `Please select a ${asText(draft['scope_type']).split('.')[1] ?? ''}.`);
    // Kept on the draft so that the uniqueness of name and site is checked against the new scope.
    draft['_site'] = scopeSite(change);
    if (!draft['_site'] || before === undefined) return;
    const elsewhere = world.store
      .need('dcim.device')
      .where('cluster', before.id)
      .filter((device) => device['site'] !== draft['_site']).length;
    if (elsewhere > 0)
      refuse(
        'scope',
        `${elsewhere} devices are assigned as hosts for this cluster but are not in site ` +
          displayOf(world.store, 'dcim.site', draft['_site']),
      );
  },
  beforeSave: (change) => {
    change.draft['_site'] = scopeSite(change);
  },
  afterSave: (change, row) => {
    if (!row['_site']) return;
    // A plain UPDATE in NetBox: no change log row, and last_updated stays.
    for (const machine of change.world.store.need('virtualization.virtualmachine').where('cluster', row.id))
      change.world.store.put('virtualization.virtualmachine', machine.id, { ...machine, site: row['_site'] });
  },
};
