/**
 * Fields of endpoint bodies: numbers and booleans may arrive as text, unknown fields are ignored. What is refused is
 * told by zod's issues; the routes turn them into the validation entries that clients know.
 */
import { z } from 'zod';
import { booleanOf } from '../values/boolean-word.js';
import { withoutPluginId } from '../values/plugin-id.js';

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : value;
}

function toBoolean(value: unknown): unknown {
  if (value === 0 || value === 1) return value === 1;
  return typeof value === 'string' ? (booleanOf(value) ?? value) : value;
}

/** What is sent of a credential in an HTTP header: pasted ones bring line ends along. */
export function withoutLineEnds(text: string): string {
  return text.replace(/[\r\n\0]/g, '').trim();
}

/** Letters of other scripts and invisible characters cannot be sent in a header (RFC 9110, 5.5). */
function fitsHeader(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(withoutLineEnds(text));
}

export const textField = (maxLength: number) => z.string().max(maxLength);

/** A name or address alone; the rule and its errors are in endpoints/endpoint-hosts.ts. */
export const hostField = (maxLength: number) =>
  textField(maxLength).meta({
    anyOf: [{ pattern: String.raw`^[^\s/@?#\\:\[\]%]*(/\d+)?$` }, { format: 'ipv6' }],
  });

/** Below which NetBox is served; the rule and its errors are in endpoints/base-path.ts. */
export const pathField = (maxLength: number) =>
  textField(maxLength).meta({
    pattern: String.raw`^\s*/?$|^/?([A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*(?!api/?$)[A-Za-z0-9_~-][A-Za-z0-9._~-]*/?$`,
  });

/** What people tell one record from another by; the number that the plugin appends is no name. */
export const nameField = (maxLength: number) =>
  textField(maxLength)
    .refine((text) => withoutPluginId(text).trim() !== '', { error: 'it must not be empty.' })
    .meta({ pattern: String.raw`^(?!\s*( [(]nb:\d+\))?$)`, minLength: 1 });

const sent = String.raw`[\t\n\r\x00\x20-\x7e\x80-\xff]*`;

/** A credential that is sent in an HTTP header. */
export const headerTextField = (maxLength: number) =>
  textField(maxLength)
    .refine(fitsHeader, {
      error: 'it has a character that cannot be sent in an HTTP header. Copy it again from where it was shown.',
    })
    .meta({ pattern: `^${sent}$` });

/** Without what is pasted along; the rules for tokens of NetBox and their errors are in endpoints/netbox-rules.ts. */
const bare = String.raw`(?!\s*([Tt][Oo][Kk][Ee][Nn]|[Bb][Ee][Aa][Rr][Ee][Rr]|[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn])[\s:])(?!\s*["'\x60])`;

export const tokenField = (maxLength: number) => headerTextField(maxLength).meta({ pattern: `^${bare}${sent}$` });

/** One that there has to be. */
export const filledTokenField = (maxLength: number) =>
  headerTextField(maxLength).meta({ pattern: String.raw`^${bare}${sent}[\x21-\x7e]${sent}$` });

export const integerField = (min: number, max: number) => z.preprocess(toNumber, z.int().min(min).max(max));

export const nullableIntegerField = (min: number, max: number) =>
  z.preprocess(toNumber, z.int().min(min).max(max).nullable());

export const nullableNumberField = (min: number, max: number) =>
  z.preprocess(toNumber, z.number().min(min).max(max).nullable());

export const booleanField = z.preprocess(toBoolean, z.boolean());
