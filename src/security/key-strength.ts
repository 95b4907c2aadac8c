/** Whether a key could be guessed. Pure. */
import type { Secret } from '../config/secret.js';

const fewestCharacters = 20;
const fewestDifferent = 10;
/** Words of examples, which stand in documents that anybody reads. */
const example = /change.?me|example|password|secret.?key|your.?key|paste|<.*>/i;

/** Completes "the key is weak: it ..."; undefined when nothing is known against it. */
export function keyWeakness(key: Secret): string | undefined {
  const text = key.reveal();
  if (text.length < fewestCharacters) return `has only ${text.length} characters`;
  if (new Set(text).size < fewestDifferent) return `has only ${new Set(text).size} different characters`;
  return example.test(text) ? 'reads like an example' : undefined;
}
