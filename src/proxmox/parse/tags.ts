/** Guest tags and their colours. Tag names are compared and mirrored in lower case. */
import { createHash } from 'node:crypto';
import { isObject } from '../../values/plain-object.js';
import { toBool, toPlainText } from './coerce.js';
import { parsePropertyString } from './property-string.js';

/** NetBox's limit for the name of a tag, characters. */
const maxTagLength = 100;

/** `Critical;end-user;critical` -> `critical`, `end-user`; also `,` and blanks separate. Cut to what NetBox takes. */
export function parseTags(value: unknown): readonly string[] {
  const names = toPlainText(value)
    .toLowerCase()
    .split(/[;,\s]+/)
    .map((name) => (name.length > maxTagLength ? Array.from(name).slice(0, maxTagLength).join('') : name));
  return [...new Set(names)].filter((name) => name !== '');
}

/**
 * The colour map of `cluster/options`: `tag-style` is a property string or, in newer releases, an object. Background
 * colours as six hex digits; invalid entries are left out, the first entry of a tag wins.
 */
export function parseTagColours(clusterOptions: unknown): ReadonlyMap<string, string> {
  const colours = new Map<string, string>();
  const style = isObject(clusterOptions) ? clusterOptions['tag-style'] : undefined;
  for (const entry of colourMapText(style).split(';')) {
    const [name = '', background = ''] = entry.split(':', 2);
    const tag = name.trim().toLowerCase();
    const colour = hexColour(background);
    if (tag !== '' && colour !== null && !colours.has(tag)) colours.set(tag, colour);
  }
  return colours;
}

/** How a cluster keeps the tags of guests; both are off where Proxmox does not say. */
export interface TagStyle {
  /** `Web` and `web` are two tags; else Proxmox writes lower case. */
  readonly isCaseSensitive: boolean;
  /** Tags stay in the order in which they were set; else Proxmox sorts them. */
  readonly keepsOrder: boolean;
}

/** `tag-style` of `cluster/options`, a property string or an object. */
export function parseTagStyle(clusterOptions: unknown): TagStyle {
  const style = isObject(clusterOptions) ? clusterOptions['tag-style'] : undefined;
  const properties = typeof style === 'string' ? Object.fromEntries(parsePropertyString(style, 'shape')) : style;
  const { 'case-sensitive': sensitive, ordering } = isObject(properties) ? properties : {};
  return { isCaseSensitive: toBool(sensitive) ?? false, keepsOrder: toPlainText(ordering) === 'config' };
}

/** The tags of a configuration as they are written there, in their order. */
export function splitTags(value: unknown): readonly string[] {
  return toPlainText(value)
    .split(/[;,\s]+/)
    .filter((name) => name !== '');
}

/** Whether Proxmox takes it as a tag. */
export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_\-+.]*$/.test(text);
}

function colourMapText(style: unknown): string {
  if (isObject(style)) return toPlainText(style['color-map']);
  return typeof style === 'string' ? (parsePropertyString(style, 'shape').get('color-map') ?? '') : '';
}

function hexColour(text: string): string | null {
  if (text.length > 64) return null;
  const digits = text.trim().replace(/^#/, '').toLowerCase();
  if (/^[0-9a-f]{6}$/.test(digits)) return digits;
  return /^[0-9a-f]{3}$/.test(digits) ? Array.from(digits, (digit) => digit + digit).join('') : null;
}

/** The colour of a tag that has none in Proxmox: stable across runs and installations. */
export function fallbackTagColour(tag: string): string {
  return createHash('md5').update(tag, 'utf8').digest('hex').slice(0, 6);
}
