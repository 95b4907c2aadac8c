/** Which of the known keys encrypts, which ones decrypt, and what a change of them would make unreadable. Pure. */
import type { SealedValue } from '../db/sealed-values.js';
import { createSecretBox, type SecretBox } from './secret-box.js';
import type { Secret } from '../config/secret.js';

export type KeySource = 'env' | 'plugin' | 'local';
/** `netbox`: rows of netboxendpoint; `other`: every other stored secret. */
export type SecretScope = 'netbox' | 'other';

export interface Candidate {
  readonly source: KeySource;
  readonly key: Secret;
}

interface Files {
  /** Named by the variable: the first of all sources. */
  readonly configured: Secret | null;
  /** Beside the database: the last one. */
  readonly standard: Secret | null;
}

export interface Sources extends Files {
  readonly env: Secret | null;
  readonly plugin: Secret | null;
}

export function candidatesOf(sources: Sources): readonly Candidate[] {
  const ordered: readonly (readonly [KeySource, Secret | null])[] = [
    ['local', sources.configured],
    ['env', sources.env],
    ['plugin', sources.plugin],
    ['local', sources.standard],
  ];
  return ordered.flatMap(([source, key]) => (key === null ? [] : [{ source, key }]));
}

export function boxFor(scope: SecretScope, candidates: readonly Candidate[]): SecretBox {
  if (scope === 'other') return createSecretBox(candidates.map(({ key }) => key));
  const own = candidates.filter(({ source }) => source !== 'plugin');
  const plugin = candidates.filter(({ source }) => source === 'plugin');
  return createSecretBox(
    own.map(({ key }) => key),
    plugin.map(({ key }) => key),
  );
}

/** Whether the value could still be read after a restart with these keys. */
function survives(value: SealedValue, candidates: readonly Candidate[]): boolean {
  const keys = value.table === 'netboxendpoint' ? candidates.filter(({ source }) => source !== 'plugin') : candidates;
  return createSecretBox(keys.map(({ key }) => key)).open(value.value).kind !== 'unreadable';
}

/**
 * Whether exchanging the sources would cost stored values: those that only the former keys read, and, when `newKey`
 * becomes the encrypting one, those that it does not read.
 */
export function losesValues(
  values: readonly SealedValue[],
  change: { readonly from: Sources; readonly to: Sources; readonly newKey: Secret | null },
): boolean {
  const before = candidatesOf(change.from);
  const after = candidatesOf(change.to);
  const { newKey } = change;
  const activeBox = newKey !== null && after[0]?.key === newKey ? createSecretBox([newKey]) : null;
  return values.some(
    (value) =>
      activeBox?.open(value.value).kind === 'unreadable' || (survives(value, before) && !survives(value, after)),
  );
}
