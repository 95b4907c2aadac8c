/** Plans a NetBox tag for every Proxmox tag. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { fallbackTagColour } from '../../proxmox/parse/tags.js';
import type { PlanBuilder } from './plan-builder.js';
import { slugify } from './slug.js';

const ownDescription = 'Synced by Proxbox';

/** Lower-case tag name to colour (six hex digits); only named ones. */
export type TagColours = ReadonlyMap<string, string>;

/**
 * A tag is found by name (any case), then by slug if an operator made or renamed it; where the slug belongs to another
 * tag of ours, a short hash is appended, so that two Proxmox tags never fight for one NetBox tag. Existing tags are
 * used as they are: never renamed, never recoloured. Refer to them by `ref('tag', <lower-case name>)`.
 */
export function planGuestTags(
  builder: PlanBuilder,
  names: readonly string[],
  records: readonly RecordOf<'tag'>[],
  colours: TagColours,
): void {
  const byName = new Map(records.map((record) => [record.name.toLowerCase(), record]));
  const operators = new Map(
    records
      .filter((record) => record.description !== ownDescription || isRenamed(record))
      .map((record) => [record.slug, record]),
  );
  const slugOwner = new Map(records.map((record) => [record.slug, record.name.toLowerCase()]));
  for (const name of [...new Set(names)].sort()) {
    if (builder.has('tag', name)) continue;
    const stored = byName.get(name) ?? operators.get(slugify(name, 'tag')) ?? operators.get(hashedSlug(name));
    const slug = freeSlug(name, slugOwner);
    slugOwner.set(slug, name);
    builder.offer(
      {
        kind: 'tag',
        key: name,
        label: name,
        fields: { name, slug, color: colours.get(name) ?? fallbackTagColour(name), description: ownDescription },
        rules: { name: 'create-only', slug: 'create-only', color: 'create-only', description: 'create-only' },
      },
      stored,
    );
  }
}

const marks = /^proxbox-(discovered-(qemu|lxc|cluster|node)|soft-deleted|orphaned|pending-deletion)$/;

/**
 * Whether a Proxmox tag would be one by which syncs know in NetBox who made a machine, or that its guest is gone: on a machine it
 * would say so of one that was there before, or that lives.
 */
export function isMark(name: string): boolean {
  return marks.test(slugify(name, 'tag'));
}

/** A tag that a sync made for one in Proxmox. */
export function isGuestTag({ description }: RecordOf<'tag'>): boolean {
  return description === ownDescription;
}

/** A tag of ours whose name is no longer a Proxmox tag that leads to its slug: an operator gave it another name. */
function isRenamed(record: RecordOf<'tag'>): boolean {
  const name = record.name.toLowerCase();
  return !/^[a-z0-9_][a-z0-9_+.-]*$/.test(name) || !possibleSlugs([name]).includes(record.slug);
}

/** The slugs under which tags of these names can be stored: what to ask NetBox for. */
export function possibleSlugs(names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => [slugify(name, 'tag'), hashedSlug(name)]))];
}

function hashedSlug(name: string): string {
  return `${slugify(name, 'tag').slice(0, 95)}-${fallbackTagColour(name).slice(0, 4)}`;
}

function freeSlug(name: string, owner: ReadonlyMap<string, string>): string {
  const slug = slugify(name, 'tag');
  const holder = owner.get(slug);
  return holder === undefined || holder === name ? slug : hashedSlug(name);
}
