import { describe, expect, it } from 'vitest';
import { textOf } from '../../../../src/netbox/kinds/values.js';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import { planGuestTags, possibleSlugs, type TagColours } from '../../../../src/sync/plan/guest-tags.js';
import { PlanBuilder } from '../../../../src/sync/plan/plan-builder.js';
import { fallbackTagColour } from '../../../../src/proxmox/parse/tags.js';
import { ref } from '../../../../src/sync/types.js';
import { fieldsOf, kindOf } from '../../../support/changes.js';
import { stored } from '../../../support/factories/netbox-records.js';

function aTag(id: number, name: string, slug = name, description = ''): RecordOf<'tag'> {
  return stored('tag', { id, name, slug, description, color: '112233' });
}

function changesFor(
  names: readonly string[],
  records: readonly RecordOf<'tag'>[] = [],
  colours: TagColours = new Map(),
) {
  const builder = new PlanBuilder();
  planGuestTags(builder, names, records, colours);
  return changesWorn(builder, names);
}

/** What is planned for tags where a new machine has them all: a tag that nothing asks for is not made. */
function changesWorn(builder: PlanBuilder, names: readonly string[]) {
  const tags = names.map((name) => ref('tag', name));
  builder.add(
    { kind: 'virtual-machine', key: '1/100', label: 'web', fields: { name: 'web', tags }, rules: {} },
    undefined,
  );
  return builder.build('virtual-machines').changes.filter((change) => kindOf(change) === 'tag');
}

function summary(names: readonly string[], records: readonly RecordOf<'tag'>[] = []) {
  return changesFor(names, records).map((change) =>
    change.action === 'keep'
      ? `keep ${change.current?.id ?? ''}`
      : change.action === 'create'
        ? `create ${textOf(fieldsOf(change)['slug'])}`
        : change.action,
  );
}

const mine = 'Synced by Proxbox';

describe('Proxmox tags in NetBox', () => {
  it('are created with the colour of the cluster, else one made from the name', () => {
    const changes = changesFor(['web', 'prod'], [], new Map([['prod', 'ff0000']]));
    expect(changes.map((change) => change.action === 'create' && change.desired.fields)).toEqual([
      { name: 'prod', slug: 'prod', color: 'ff0000', description: mine },
      { name: 'web', slug: 'web', color: fallbackTagColour('web'), description: mine },
    ]);
  });

  it.each<[string, readonly RecordOf<'tag'>[], readonly string[]]>([
    ['are found by name in any case', [aTag(5, 'Prod', 'production')], ['keep 5']],
    ["are found by the slug of an operator's tag", [aTag(5, 'Production', 'prod')], ['keep 5']],
    ['are never renamed or recoloured', [aTag(5, 'prod', 'prod', mine)], ['keep 5']],
    ['prefer the name to the slug', [aTag(5, 'Production', 'prod'), aTag(6, 'prod', 'prod-2')], ['keep 6']],
  ])('%s', (_behaviour, records, expected) => {
    expect(summary(['prod'], records)).toEqual(expected);
  });

  it('do not fight for a slug that another tag of ours has', () => {
    const [line] = summary(['a-b'], [aTag(5, 'a.b', 'a-b', mine)]);
    expect(line).toMatch(/^create a-b-[0-9a-f]{4}$/);
    expect(possibleSlugs(['a-b'])).toContain(line?.replace('create ', ''));
  });

  it('do not fight for a slug within one run', () => {
    const slugs = summary(['a-b', 'a.b']);
    expect(new Set(slugs).size).toBe(2);
    expect(slugs[0]).toBe('create a-b');
  });

  it('are planned once per run, however many guests and clusters have them', () => {
    const builder = new PlanBuilder();
    planGuestTags(builder, ['prod', 'prod'], [], new Map());
    planGuestTags(builder, ['prod'], [], new Map([['prod', 'ffffff']]));
    expect(changesWorn(builder, ['prod'])).toHaveLength(1);
  });

  it('are not made where nothing has them', () => {
    const builder = new PlanBuilder();
    planGuestTags(builder, ['prod'], [], new Map());
    expect(builder.build('virtual-machines').changes).toEqual([]);
  });

  it('get a slug even when nothing of the name can be in one', () => {
    expect(summary(['***'])).toEqual(['create tag']);
  });
});
