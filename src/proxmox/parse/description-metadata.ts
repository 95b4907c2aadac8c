/** The block `netbox-metadata` in the notes of a guest, by which its owner names NetBox objects for it. Pure. */
import { isObject } from '../../values/plain-object.js';

/** Ids of NetBox. Cluster and tenant are not among them: the one is identity, the other the plugin's. */
export const metadataKeys = ['role', 'site', 'platform'] as const;
export type MetadataKey = (typeof metadataKeys)[number];
export type DescriptionMetadata = Readonly<Partial<Record<MetadataKey, number>>>;

/** Longer notes are not looked through. */
const maxLength = 65_536;
const fence = /^ {0,3}(`{3,}|~{3,})[ \t]*(.*?)[ \t]*$/;

/** The text between the fences of the last block; undefined: there is none, or it does not end. */
function lastBlock(notes: string): string | undefined {
  let found: string | undefined;
  let open: { readonly mark: string; readonly isOurs: boolean; readonly lines: string[] } | undefined;
  for (const line of notes.slice(0, maxLength).split(/\r?\n/)) {
    const [, mark = '', info = ''] = fence.exec(line) ?? [];
    if (open === undefined) {
      if (mark !== '') open = { mark, isOurs: info.toLowerCase() === 'netbox-metadata', lines: [] };
    } else if (mark.startsWith(open.mark) && info === '') {
      if (open.isOurs) found = open.lines.join('\n');
      open = undefined;
    } else open.lines.push(line);
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // What somebody is still writing is no block.
    return undefined;
  }
}

const isId = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

/** The last block counts; what is no positive whole number in it is left out, as is every other key. */
export function parseDescriptionMetadata(notes: unknown): DescriptionMetadata {
  const block = typeof notes === 'string' ? lastBlock(notes) : undefined;
  const values = block === undefined ? undefined : parsed(block);
  if (!isObject(values)) return {};
  return Object.fromEntries(
    metadataKeys.flatMap((key) => {
      const value = values[key];
      return isId(value) ? [[key, value] as const] : [];
    }),
  );
}
