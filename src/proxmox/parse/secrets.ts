/** Takes out of rows what nobody may see: passwords, keyrings, encryption keys, anything named `*secret*`. Pure. */
import { isObject } from '../../values/plain-object.js';
import type { Row } from './coerce.js';

const secretKeys: ReadonlySet<string> = new Set([
  'cipassword',
  'password',
  'keyring',
  'encryption-key',
  'master-pubkey',
  'preshared-key',
  'private-key',
]);
/** Deeper structure than this is no configuration. */
const maxDepth = 8;

export function withoutSecrets(row: Row): Row {
  return cleanRow(row, 0);
}

function cleanRow(row: Row, depth: number): Row {
  const entries = Object.entries(row).filter(([key]) => !isSecretKey(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, cleanValue(value, depth + 1)]));
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return null;
  return isObject(value) ? cleanRow(value, depth) : Array.from(arrayOf(value), (item) => cleanValue(item, depth + 1));
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isSecretKey(key: string): boolean {
  const name = key.toLowerCase().replaceAll('_', '-');
  return secretKeys.has(name) || name.includes('secret');
}
