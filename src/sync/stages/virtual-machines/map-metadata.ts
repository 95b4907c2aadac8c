/** What the block `netbox-metadata` of a guest's notes makes of its machine. Pure. */
import {
  metadataKeys,
  parseDescriptionMetadata,
  type DescriptionMetadata,
  type MetadataKey,
} from '../../../proxmox/parse/description-metadata.js';
import type { SyncOptions } from '../../plan/options.js';
import type { Warning } from '../../types.js';
import type { CollectedGuest, MetadataIds, Prepared } from './types.js';

/** Of fields that a flag keeps from being overwritten the block says nothing either. The site has no flag. */
function isAllowed(key: MetadataKey, { overwrite }: SyncOptions): boolean {
  if (key === 'role') return overwrite.overwrite_vm_role;
  return key === 'site' || overwrite.overwrite_vm_platform;
}

/** What is asked for; nothing while the option is off. */
export function askedMetadata(description: unknown, options: SyncOptions): DescriptionMetadata {
  if (!options.parseDescriptionMetadata) return {};
  const entries = Object.entries(parseDescriptionMetadata(description));
  return Object.fromEntries(
    metadataKeys.flatMap((key) => entries.filter(([name]) => name === key && isAllowed(key, options))),
  );
}

/** The ids that guests name, to be looked for in NetBox. */
export function askedIds(
  guests: readonly Pick<CollectedGuest, 'config'>[],
  options: SyncOptions,
): Readonly<Record<MetadataKey, readonly number[]>> {
  const asked = guests.flatMap(({ config }) =>
    config.status === 'read' ? askedMetadata(config.config['description'], options) : [],
  );
  const idsOf = (key: MetadataKey): readonly number[] =>
    [...new Set(asked.flatMap((metadata) => metadata[key] ?? []))].sort((left, right) => left - right);
  return { role: idsOf('role'), site: idsOf('site'), platform: idsOf('platform') };
}

export interface UsableMetadata {
  readonly metadata: DescriptionMetadata;
  readonly warnings: readonly Warning[];
}

/**
 * Only what NetBox has: an id that it does not have would cost the guest its whole write. A site is written where the cluster has
 * none: NetBox refuses any other.
 */
export function usableMetadata(
  { config, subject }: Pick<Prepared, 'config' | 'subject'>,
  {
    known,
    hasSite,
    options,
  }: { readonly known: MetadataIds; readonly hasSite: boolean; readonly options: SyncOptions },
): UsableMetadata {
  const asked = askedMetadata(config['description'], options);
  const metadata: Partial<Record<MetadataKey, number>> = {};
  const warnings: Warning[] = [];
  for (const key of metadataKeys) {
    const id = asked[key];
    if (id === undefined) continue;
    const why = !known[key].has(id)
      ? `NetBox has no ${key} with this id, or the token may not view it`
      : key === 'site' && hasSite
        ? 'its cluster has a site already, and NetBox refuses another one'
        : undefined;
    if (why === undefined) metadata[key] = id;
    else
      warnings.push({
        code: 'metadata_id_unknown',
        message: `The notes of "${subject.label}" name the ${key} ${id}: ${why}. The guest was synced without it.`,
        source: subject.source,
      });
  }
  return { metadata, warnings };
}
