/**
 * Patterns of Proxmox's schema are Perl. What JavaScript reads alike is translated; the rest, and what could take very
 * long on a hostile value, is left to Proxmox. Pure.
 */

const maxPatternLength = 1_000;

/** `(?^:x)` and `(?^u:x)` are groups without flags; `(?^i:x)` has one that JavaScript (Node 20) cannot say for a part. */
function withoutPerlGroups(pattern: string): string | null {
  const plain = pattern.replace(/\(\?\^[ul]*:/g, '(?:');
  return plain.includes('(?^') ? null : plain;
}

/** Escapes that Perl allows and JavaScript's strict mode refuses. */
function withoutNeedlessEscapes(pattern: string): string {
  return pattern.replace(/\\([_:@!%&~#=,;<>'"` ])/g, '$1').replace(/\\0/g, '\\x00');
}

/** Anchors, classes and quantifiers that mean something else, or nothing, in JavaScript. */
const perlOnly = /\\[AZzGKQEhHvVRXN]|\[\[:|\(\?[>#|+&RP]|[*+?}]\+|\\x\{/;

const repetition = /[*+]|\{\d+,/;
const innermostGroup = /\(([^()]*)\)([*+]|\{\d+,)?/;

/** A repetition within a repetition: the cost may grow exponentially with the value. Collapses groups from the inside. */
function hasNestedRepetition(pattern: string): boolean {
  let rest = pattern.replace(/\\./gsu, 'x').replace(/\[[^\]]*\]/g, 'x');
  for (let found = innermostGroup.exec(rest); found !== null; found = innermostGroup.exec(rest)) {
    const [whole, inner = '', repeated = ''] = found;
    const repeats = repetition.test(inner);
    if (repeats && repeated !== '') return true;
    rest = rest.replace(whole, repeats ? `x*${repeated}` : `x${repeated}`);
  }
  return false;
}

/** The anchored JavaScript form of a Perl pattern (`m/^pattern$/` in Proxmox), or null when it is not to be checked here. */
export function javaScriptPattern(pattern: string): string | null {
  if (pattern.length > maxPatternLength || perlOnly.test(pattern)) return null;
  const plain = withoutPerlGroups(pattern);
  if (plain === null || hasNestedRepetition(plain)) return null;
  const anchored = `^${withoutNeedlessEscapes(plain)}$`;
  return compiledPattern(anchored) === null ? null : anchored;
}

/** A pattern from a document, which anybody may have edited: null when it cannot be used safely. */
export function compiledPattern(pattern: string): RegExp | null {
  if (pattern.length > maxPatternLength + 100 || hasNestedRepetition(pattern)) return null;
  try {
    return new RegExp(pattern, 'u');
  } catch {
    // Not a pattern of JavaScript: Proxmox will check it.
    return null;
  }
}
