/**
 * Changing the tags of a guest in Proxmox. What others change at the same time is not lost: every write names the
 * configuration that it was made from. The tags of the virtual machine in NetBox are the sync's.
 */
import type { ErrorCode } from '../errors/catalog.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { toText } from '../proxmox/parse/coerce.js';
import { parseTagStyle, splitTags, type TagStyle } from '../proxmox/parse/tags.js';
import { statusOf } from '../proxmox/reads/rows.js';
import { writeTimeoutMs } from '../proxmox/session.js';
import { areSameTags, checkedChange, wantedTags, type TagChange } from './tag-change.js';
import type { GuestPlace, Settled, Told, Verb } from './types.js';

/** How often a write is made anew because the configuration has changed since it was read. */
const maxAttempts = 3;

interface Seen {
  readonly tags: readonly string[];
  /** Of the whole configuration. */
  readonly digest: string | undefined;
}

async function readTags(place: GuestPlace): Promise<Seen> {
  const config = await place.session.guestConfig(place);
  return { tags: splitTags(config['tags']), digest: toText(config['digest']) ?? undefined };
}

/** Machines and containers say it in different words, and releases spell them differently. */
function isModified(error: unknown): boolean {
  const said = error instanceof ProxboxError ? (error.upstream?.statusText ?? '') : '';
  return /^checksum miss?match \(file change|^detected modified configuration/.test(said);
}

function changed({ type, vmid }: GuestPlace, now: string): ProxboxError {
  const text = `${type} ${vmid} was changed by somebody else meanwhile.`;
  return new ProxboxError('guest_changed', text, {
    detail: `${text} ${now} Look at it again, then repeat the request.`,
  });
}

async function send({ session, path }: GuestPlace, tags: readonly string[], digest: string | undefined): Promise<void> {
  const values = tags.length === 0 ? { delete: 'tags' } : { tags: tags.join(';') };
  await session.write('PUT', `${path}/config`, { ...values, digest }, { timeoutMs: writeTimeoutMs });
}

/**
 * Writes on what is there now; answers what was sent. A list that replaces all others does not overwrite tags that its
 * sender cannot have seen.
 */
async function write(
  place: GuestPlace,
  change: TagChange,
  { style, ...first }: Seen & { readonly style: TagStyle },
): Promise<readonly string[]> {
  let seen = first;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const wanted = wantedTags(change, seen.tags, style);
    if (areSameTags(wanted, seen.tags, style)) return seen.tags;
    try {
      await send(place, wanted, seen.digest);
      return wanted;
    } catch (error) {
      if (!isModified(error)) throw error;
    }
    const fresh = await readTags(place);
    if (change.kind === 'replace' && !areSameTags(fresh.tags, first.tags, style)) {
      throw changed(place, `Its tags are now: ${listed(fresh.tags)}.`);
    }
    seen = fresh;
  }
  throw changed(place, `That happened ${maxAttempts} times in a row.`);
}

function refusalOf(cause: ProxboxError): ErrorCode | undefined {
  if (cause.code === 'guest_changed') return 'guest_changed';
  return statusOf(cause) === 403 ? 'proxmox_permission_denied' : undefined;
}

const listed = (tags: readonly string[]): string => (tags.length === 0 ? 'none' : tags.join(';'));

function asText(change: TagChange): string {
  if (change.kind === 'replace') return `tags ${listed(change.tags)}`;
  return `tags add ${listed(change.add)}, remove ${listed(change.remove)}`;
}

const told = ({ node }: GuestPlace, tags: readonly string[]): Told => ({ ok: true, node, tags_after: tags });

/**
 * For one change; `tags_after` of the answer is what Proxmox has afterwards.
 * @throws ProxboxError `invalid_tag`, `invalid_parameter` for a change that cannot be
 */
export function tagsVerb(asked: TagChange): Verb {
  const change = checkedChange(asked);
  return {
    name: change.kind === 'replace' ? 'replace_tags' : 'change_tags',
    summary:
      change.kind === 'replace'
        ? 'Give a guest the tags `tags` in Proxmox, and no others'
        : 'Give a guest the tags `add` in Proxmox, and take those of `remove` from it',
    plan: () => {
      let style: TagStyle | undefined;
      let before: Seen = { tags: [], digest: undefined };
      let after: readonly string[] | undefined;
      return {
        check: async (place): Promise<Settled | undefined> => {
          [style, before] = await Promise.all([place.session.clusterOptions().then(parseTagStyle), readTags(place)]);
          const wanted = wantedTags(change, before.tags, style);
          if (!areSameTags(wanted, before.tags, style)) return undefined;
          return { result: 'unchanged', told: told(place, before.tags) };
        },
        dispatch: async (place) => {
          const sent = await write(place, change, { style: style ?? parseTagStyle({}), ...before });
          // What was written stays written when it cannot be read again.
          after = await readTags(place).then(
            ({ tags }) => tags,
            () => sent,
          );
        },
        told: (place) => told(place, after ?? []),
        note: () => (after === undefined ? asText(change) : `tags ${listed(before.tags)} -> ${listed(after)}`),
      };
    },
    accepted: { status: 200, result: 'ok' },
    failed: { code: 'proxmox_dispatch_failed', result: 'failed', refusal: refusalOf },
    checkFailed: 'proxmox_status_unreachable',
    isIdempotent: true,
  };
}
