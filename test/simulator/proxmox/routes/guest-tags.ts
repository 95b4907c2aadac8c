/** Which tags somebody may give to a guest, and how Proxmox stores them. */
import type { EstateGuest, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call } from '../route.js';

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

const listOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value.map(textOf) : textOf(value).split(/[,;\s]+/)).filter((part) => part !== '');

/** An option of the datacenter, text or object. */
function propertiesOf(option: unknown): Readonly<Record<string, unknown>> {
  if (typeof option === 'object' && option !== null) return { ...option };
  const pieces = textOf(option)
    .split(',')
    .map((piece) => piece.split('=', 2));
  return Object.fromEntries(pieces.map(([key = '', value]) => [key, value]));
}

/** `a;b`: once each, in lower case and in order unless the style says otherwise. */
export function uniqueTags(text: string, options: PveRow): string {
  const style = propertiesOf(options['tag-style']);
  const isSensitive = textOf(style['case-sensitive']) === '1';
  const tags = listOf(text).map((name) => (isSensitive ? name : name.toLowerCase()));
  const unique = [...new Set(tags)];
  return (style['ordering'] === 'config' ? unique : unique.sort()).join(';');
}

/** Throws the 403 for the first tag that is added or taken away and that the caller may not touch. */
export function assertTags(call: Call, guest: EstateGuest, wanted: string): void {
  const { permissions } = call;
  permissions.requireAll(`/vms/${guest.vmid}`, ['VM.Config.Options']);
  if (permissions.has('/', 'Sys.Modify')) return;
  const before = listOf(guest.tags);
  const after = listOf(wanted);
  const count = (tags: readonly string[], name: string): number => tags.filter((one) => one === name).length;
  const touched = [...new Set([...before, ...after])].filter((name) => count(before, name) !== count(after, name));
  const forbidden = touched.find((name) => !isAllowed(call, name));
  if (forbidden === undefined) return;
  throw new ApiError(403, `Permission check failed (/, Sys.Modify for modifying tag '${forbidden}')`);
}

function isAllowed({ cluster, permissions }: Call, name: string): boolean {
  if (listOf(cluster.options['registered-tags']).includes(name)) return false;
  const access = propertiesOf(cluster.options['user-tag-access']);
  const kind = textOf(access['user-allow']);
  if (kind === '' || kind === 'free') return true;
  if (kind === 'none') return false;
  const seen = [...cluster.guests.values()].filter(({ vmid }) => permissions.has(`/vms/${vmid}`, 'VM.Audit'));
  const existing = kind === 'existing' ? seen.flatMap(({ tags }) => listOf(tags)) : [];
  return [...listOf(access['user-allow-list']), ...existing].includes(name);
}
