/** What people hang on rows that are to go: NetBox deletes it along with them. Facts: docs/netbox-facts.md, "What goes along". */
import { otherHalf, type ObjectKind, type RecordOf } from '../../netbox/kinds/index.js';
import { hasTagNamed, relationId } from '../../netbox/kinds/values.js';
import { ownEntry } from '../plan/own-texts.js';
import type { RunContext } from '../run-context.js';
import type { JudgedKind } from '../types.js';

export interface Attachment {
  readonly kind: ObjectKind;
  /** For a sentence. */
  readonly words: string;
  /** What the user of the token needs to see it. */
  readonly right: string;
  /** Ids of those objects of a model that have such a row, but for rows that a sync made. */
  holders(run: RunContext, model: string, of: readonly number[]): Promise<readonly (number | null)[]>;
}

interface Spec<K extends ObjectKind> {
  readonly kind: K;
  readonly words: string;
  readonly right: string;
  /** The half of its relation that names the object; both halves are filters too. */
  readonly id: Extract<keyof RecordOf<K>, `${string}_id`>;
  readonly isOwn?: (row: RecordOf<K>) => boolean;
}

function attachment<K extends ObjectKind>({ id, isOwn, ...spec }: Spec<K>): Attachment {
  const type = otherHalf(spec.kind, id);
  if (type === undefined) throw new Error(`${spec.kind} has no other half of ${id}.`);
  return {
    ...spec,
    async holders({ collections }, model, of) {
      const rows = await collections.load(spec.kind, { [type]: model }, { filter: id, of }, { fresh: true });
      return rows.filter((row) => isOwn?.(row) !== true).map((row) => relationId(row[id]));
    },
  };
}

const journal = attachment({
  kind: 'journal-entry',
  words: 'a journal entry',
  right: 'extras.view_journalentry',
  id: 'assigned_object_id',
  isOwn: ({ comments }) => ownEntry.test(comments),
});
const contact = attachment({
  kind: 'contact-assignment',
  words: 'a contact',
  right: 'tenancy.view_contactassignment',
  id: 'object_id',
});
const image = attachment({
  kind: 'image-attachment',
  words: 'an image',
  right: 'extras.view_imageattachment',
  id: 'object_id',
});
const service = attachment({
  kind: 'service',
  words: 'a service',
  right: 'ipam.view_service',
  id: 'parent_object_id',
});
const fhrp = attachment({
  kind: 'fhrp-group-assignment',
  words: 'an FHRP group',
  right: 'ipam.view_fhrpgroupassignment',
  id: 'interface_id',
});
const tunnel = attachment({
  kind: 'tunnel-termination',
  words: 'a tunnel',
  right: 'vpn.view_tunneltermination',
  id: 'termination_id',
});
const l2vpn = attachment({
  kind: 'l2vpn-termination',
  words: 'an L2VPN',
  right: 'vpn.view_l2vpntermination',
  id: 'assigned_object_id',
  // A sync made it, and makes it again.
  isOwn: (row) => hasTagNamed(row, 'proxbox'),
});

/** By kind of row: what can hang on it. */
export const attachments: Readonly<Record<JudgedKind, readonly [Attachment, ...Attachment[]]>> = {
  'ip-address': [journal, contact],
  'mac-address': [journal],
  'vm-interface': [journal, fhrp, tunnel, l2vpn],
  'virtual-disk': [journal],
  'virtual-machine': [journal, contact, image, service],
  snapshot: [journal],
  backup: [journal],
};
