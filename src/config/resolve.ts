/** Environment over plugin settings over default, for each tunable on its own, with the reason. Pure. */
import type { Reading } from './readings.js';
import type { Tunable } from './tunable-kinds.js';
import { tunableKeys, tunables } from './tunables.js';
import type { PluginSettings, Provenance, Tunables } from './types.js';

export interface ResolvedTunables {
  readonly values: Tunables;
  readonly provenance: Readonly<Record<keyof Tunables, Provenance>>;
}

interface Candidate<V> {
  readonly source: 'env' | 'plugin';
  readonly name: string;
  readonly reading: Reading<V>;
}

function candidates<V>(
  tunable: Tunable<V>,
  env: Readonly<Record<string, string>>,
  plugin: PluginSettings['raw'],
): readonly Candidate<V>[] {
  const found: Candidate<V>[] = [];
  const text = tunable.variable === null ? undefined : env[tunable.variable];
  if (tunable.variable !== null && text !== undefined) {
    found.push({ source: 'env', name: tunable.variable, reading: tunable.fromText(text) });
  }
  if (tunable.field !== null && Object.hasOwn(plugin, tunable.field)) {
    found.push({ source: 'plugin', name: tunable.field, reading: tunable.fromPlugin(plugin[tunable.field]) });
  }
  return found;
}

function withNote(source: Provenance['source'], notes: readonly string[]): Provenance {
  return notes.length === 0 ? { source } : { source, note: notes.join('; ') };
}

function resolveOne<V>(tunable: Tunable<V>, found: readonly Candidate<V>[]): { value: V; provenance: Provenance } {
  const notes: string[] = [];
  for (const { source, name, reading } of found) {
    if (reading.kind === 'bad') notes.push(`${name} ignored: not ${reading.expected}`);
    if (reading.kind !== 'value') continue;
    if (reading.note !== undefined) notes.push(`${name} ${reading.note}`);
    return { value: reading.value, provenance: withNote(source, notes) };
  }
  return { value: tunable.default, provenance: withNote('default', notes) };
}

function isComplete<T>(record: object): record is Readonly<Record<keyof Tunables, T>> {
  return tunableKeys.every((key) => Object.hasOwn(record, key));
}

/** True by construction: every value comes from the table entry of its own key. */
function isTunables(record: object): record is Tunables {
  return isComplete(record);
}

/**
 * @param env raw text of the process variables by name (see Env.raw)
 * @param plugin fields of the plugin's settings as read, or null when they were never read
 */
export function resolveTunables(
  env: Readonly<Record<string, string>>,
  plugin: PluginSettings['raw'] | null,
): ResolvedTunables {
  const values = new Map<string, unknown>();
  const provenance = new Map<string, Provenance>();
  for (const key of tunableKeys) {
    const tunable: Tunable<unknown> = tunables[key];
    const resolved = resolveOne(tunable, candidates(tunable, env, plugin ?? {}));
    values.set(key, resolved.value);
    provenance.set(key, resolved.provenance);
  }
  const all = { values: Object.fromEntries(values), provenance: Object.fromEntries(provenance) };
  if (!isTunables(all.values) || !isComplete<Provenance>(all.provenance)) throw new Error('a tunable is not resolved');
  return { values: all.values, provenance: all.provenance };
}
