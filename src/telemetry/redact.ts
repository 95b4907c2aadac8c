/**
 * Removes secrets from everything that is logged. The text scrubber knows how secrets look in sentences, headers,
 * query strings and JSON; the value scrubber also goes by the names of fields. Both are applied to the finished log
 * line, so that messages, arguments, child fields and stack traces of every sink pass through one place.
 */

import { isObject } from '../values/plain-object.js';

const mark = '[REDACTED]';
/** Longer log texts are cut: a dump is no message, and the patterns below run over every character. */
const longestText = 20_000;

const secretWords = String.raw`(?:token|key|passwd|password|secret|credential|authorization|auth(?!or)|ticket|cookie)`;
/** Escaped quotes (JSON inside a text), plain quotes with escapes inside, or a bare word. An open end hides the rest. */
const quotedOrBare = [
  String.raw`\\{1,8}"(?:(?!\\{1,8}").)*`,
  String.raw`\\{1,8}'(?:(?!\\{1,8}').)*`,
  String.raw`"(?:[^"\\]|\\.)*"?`,
  String.raw`'(?:[^'\\]|\\.)*'?`,
  String.raw`[^\s,;&"'<>)\]}]+`,
].join('|');

interface Pattern {
  readonly find: RegExp;
  readonly replace: string;
}

const patterns: readonly Pattern[] = [
  { find: /\benc:[A-Za-z0-9_\-+/=]+/g, replace: mark },
  { find: /\bnbt_[A-Za-z0-9_-]+\.[^\s,;&"'<>)\]}\\]+/g, replace: mark },
  { find: /\bgAAAAA[A-Za-z0-9_\-=]{20,}/g, replace: mark },
  { find: /\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/g, replace: mark },
  { find: /\bPVE:[^\s"'\\]+/g, replace: mark },
  { find: /\b(PVEAPIToken[=\s]\s*)[^\s,;"'\\]+/gi, replace: `$1${mark}` },
  {
    find: /\b((?:proxy-)?authorization(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?)[A-Za-z]+\s+[^\s,;"'\\]+/gi,
    replace: `$1${mark}`,
  },
  { find: /\b(bearer|basic)\s+[^\s,;"'\\]+/gi, replace: `$1 ${mark}` },
  { find: /\b(token\s+)[0-9a-f]{40}\b/gi, replace: `$1${mark}` },
  { find: /(:\/\/)[^\s/@"'\\]+@/g, replace: `$1${mark}@` },
  // "name": value and 'name': value, also escaped as JSON inside a text.
  {
    find: new RegExp(
      String.raw`(${secretWords}[\w.-]{0,40}\\*["']\s*[:=]\s*)(?!null\b|true\b|false\b)(?:${quotedOrBare})`,
      'gi',
    ),
    replace: `$1${mark}`,
  },
  // name=value, and the header forms with a colon.
  {
    find: new RegExp(String.raw`(${secretWords}[\w.-]{0,40}\s*=\s*)(?!=)(?:${quotedOrBare})`, 'gi'),
    replace: `$1${mark}`,
  },
  {
    find: new RegExp(
      String.raw`((?:x-proxbox-api-key|cookie|password|passwd|secret|token_value|api_key)\s*:\s*)(?:${quotedOrBare})`,
      'gi',
    ),
    replace: `$1${mark}`,
  },
];

/** The text without anything that looks like a secret. */
export function redactText(text: string): string {
  const bounded = text.length > longestText ? `${text.slice(0, longestText)} ... (cut)` : text;
  return patterns.reduce((scrubbed, { find, replace }) => scrubbed.replace(find, replace), bounded);
}

const secretName = new RegExp(secretWords, 'i');
/** Names that hold one of the words and no secret. */
const harmlessName = /^(?:(?:active_?)?key_?(?:id|source)s?|token_?(?:version|name)|natural_?key|cache_?key|author)$/i;

function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmlessName.test(name);
}

/** A copy of plain JSON data without secrets; values of secret fields become `[REDACTED]` whatever they hold. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const hides = isSecretName(name) && inner !== null && typeof inner !== 'boolean' && inner !== '';
      return [name, hides ? mark : redactValue(inner)];
    }),
  );
}

/** One finished JSON log line, scrubbed. A line that is not JSON is scrubbed as text. */
export function redactLine(line: string): string {
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line)))}\n`;
  } catch {
    // Not a JSON document: the text patterns still apply.
    return `${redactText(line.trimEnd())}\n`;
  }
}
