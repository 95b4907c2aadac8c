/** Reads the plugin's settings object field by field: one bad field loses that field only. Pure. */
import { isObject } from '../values/plain-object.js';
import { parseRange } from './cidr-list.js';
import { booleanFromPlugin } from './readings.js';
import { tunableKeys, tunables } from './tunables.js';
import type { PluginSettings } from './types.js';

type Fields = Readonly<Record<string, unknown>>;

/** The settings in an answer: an object, the first of a list, or the first of a page. null: there is none. */
export function settingsObject(body: unknown): Fields | null {
  const candidate: unknown = Array.isArray(body) ? body[0] : body;
  if (!isObject(candidate)) return null;
  if (!Array.isArray(candidate['results'])) return candidate;
  const first: unknown = candidate['results'][0];
  return isObject(first) ? first : null;
}

function flagField(fields: Fields, name: string, fallback: boolean, problems: string[]): boolean {
  const reading = booleanFromPlugin(fields[name]);
  if (reading.kind === 'bad') problems.push(`${name}: not ${reading.expected}`);
  return reading.kind === 'value' ? reading.value : fallback;
}

function rangesField(fields: Fields, name: string, problems: string[]): readonly string[] {
  const raw = fields[name];
  if (raw === undefined || raw === null) return [];
  if (typeof raw !== 'string') {
    problems.push(`${name}: not text`);
    return [];
  }
  const lines = raw.split(/\r\n|\r|\n/).map((line) => line.trim());
  return lines.filter((line) => {
    if (line === '') return false;
    const isRange = parseRange(line) !== undefined;
    if (!isRange) problems.push(`${name}: "${line}" is not an address range and is skipped`);
    return isRange;
  });
}

/** A role is an id, text holding one, or an object with `id`, depending on the plugin's version. */
function roleField(fields: Fields, name: string, problems: string[]): number | null {
  const raw = fields[name];
  const value: unknown = isObject(raw) ? raw['id'] : raw;
  if (value === undefined || value === null || value === '') return null;
  const id = typeof value === 'string' ? Number(value) : value;
  if (typeof id === 'number' && Number.isSafeInteger(id) && id > 0) return id;
  problems.push(`${name}: not the id of a role`);
  return null;
}

function keyField(fields: Fields, problems: string[]): string | null {
  const raw = fields['encryption_key'];
  if (raw === undefined || raw === null) return null;
  if (typeof raw === 'string') return raw.trim() === '' ? null : raw.trim();
  problems.push('encryption_key: not text');
  return null;
}

function overwriteFields(fields: Fields, problems: string[]): ReadonlyMap<string, boolean> {
  const flags = new Map<string, boolean>();
  for (const name of Object.keys(fields).filter((key) => key.startsWith('overwrite_'))) {
    const reading = booleanFromPlugin(fields[name]);
    if (reading.kind === 'value') flags.set(name, reading.value);
    if (reading.kind === 'bad') problems.push(`${name}: not ${reading.expected}`);
  }
  return flags;
}

function syncModeFields(fields: Fields, problems: string[]): ReadonlyMap<string, string> {
  const modes = new Map<string, string>();
  for (const name of Object.keys(fields).filter((key) => key.startsWith('sync_mode_'))) {
    const raw = fields[name];
    if (typeof raw === 'string' && raw.trim() !== '') modes.set(name, raw.trim());
    else if (raw !== null && raw !== '') problems.push(`${name}: not text`);
  }
  return modes;
}

/** Every scalar but the key: it has its own field and must not travel with the rest. */
function scalarsOf(fields: Fields): Fields {
  const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object';
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => name !== 'encryption_key' && isScalar(value)),
  );
}

function tunableProblems(fields: Fields): readonly string[] {
  return tunableKeys.flatMap((key) => {
    const { field, fromPlugin } = tunables[key];
    if (field === null) return [];
    const reading = fromPlugin(fields[field]);
    return reading.kind === 'bad' ? [`${field}: not ${reading.expected}`] : [];
  });
}

/**
 * Accepts the answers of `/api/plugins/proxbox/settings/runtime/` (an object) and `/settings/` (a page, or a list).
 * null: the body holds no settings object, so the caller asks the other path or keeps what it has.
 */
export function parsePluginSettings(body: unknown): PluginSettings | null {
  const fields = settingsObject(body);
  if (fields === null || Object.keys(fields).length === 0) return null;
  const problems: string[] = [...tunableProblems(fields)];
  return {
    encryptionKey: keyField(fields, problems),
    ssrfProtectionEnabled: flagField(fields, 'ssrf_protection_enabled', true, problems),
    allowPrivateIps: flagField(fields, 'allow_private_ips', true, problems),
    allowedIpRanges: rangesField(fields, 'additional_allowed_ip_ranges', problems),
    blockedIpRanges: rangesField(fields, 'explicitly_blocked_ip_ranges', problems),
    defaultRoleQemu: roleField(fields, 'default_role_qemu', problems),
    defaultRoleLxc: roleField(fields, 'default_role_lxc', problems),
    overwriteFlags: overwriteFields(fields, problems),
    syncModes: syncModeFields(fields, problems),
    raw: scalarsOf(fields),
    problems,
  };
}
