import { computed, constant, head, relation, slug, tail, text } from './fields.js';
import type { KindSpec } from '../types.js';

/** A tree of places that sites are members of, in NetBox's words. */
const tree = (word: {
  readonly path: string;
  readonly model: string;
  readonly objectName: string;
  readonly noun: string;
}): KindSpec => ({
  ...word,
  ordering: ['name'],
  brief: 'id url display name slug description site_count _depth',
  fields: {
    ...head,
    name: text(100, { required: true }),
    slug: slug(100, { required: true }),
    parent: relation(word.model, {
      nullable: true,
      default: null,
      onDelete: 'cascade',
      show: 'id url display_url display name slug _depth',
    }),
    description: text(200, { blank: true }),
    site_count: computed,
    prefix_count: constant(0),
    owner: constant(null),
    comments: text(undefined, { blank: true }),
    _depth: computed,
    ...tail,
  },
  constraints: ['name', 'slug'].map((field) => ({
    fields: ['parent', field],
    nullsEqual: true,
    message: `A ${word.noun} with this ${field} already exists.`,
    name: `${word.model.replace('.', '_')}_parent_${field}`,
  })),
  filters: {
    text: 'name slug description',
    number: 'id',
    relation: 'parent_id=parent parent=parent.slug',
  },
});

/** Regions and groups of sites. Field by field as NetBox 4.6.8 serializes them. */
export const dcimPlacesKinds: readonly KindSpec[] = [
  tree({ path: 'dcim/regions', model: 'dcim.region', objectName: 'Region', noun: 'region' }),
  tree({ path: 'dcim/site-groups', model: 'dcim.sitegroup', objectName: 'SiteGroup', noun: 'site group' }),
];
