/** The cloud-init values of guest configurations. Pure. */
import type { GuestConfig } from '../types.js';
import { toPlainText } from './coerce.js';

/** What of the cloud-init configuration is mirrored; `''` for what is not set. Never the password. */
export interface CloudInit {
  readonly ciuser: string;
  /** One key per line, decoded; at most 10 KB and a note. */
  readonly sshkeys: string;
  readonly ipconfig0: string;
  readonly sshkeysTruncated: boolean;
}

const maxKeyBytes = 10_240;
const truncationNote = '\n# truncated by proxbox-api at 10KB';

/** null when the guest has none of the three values. */
export function parseCloudInit(config: GuestConfig): CloudInit | null {
  const ciuser = toPlainText(config.ciuser);
  const ipconfig0 = toPlainText(config.ipconfig0);
  const encodedKeys = toPlainText(config.sshkeys);
  if (ciuser === '' && ipconfig0 === '' && encodedKeys === '') return null;
  const keys = decodePercent(encodedKeys);
  const bytes = Buffer.from(keys, 'utf8');
  const sshkeysTruncated = bytes.length > maxKeyBytes;
  const sshkeys = sshkeysTruncated ? `${cutUtf8(bytes, maxKeyBytes)}${truncationNote}` : keys;
  return { ciuser, sshkeys, ipconfig0, sshkeysTruncated };
}

/** Percent-decoding that takes anything: what is no valid escape stays as it is, broken UTF-8 becomes U+FFFD. */
function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** The longest text of whole characters within `limit` bytes. */
function cutUtf8(bytes: Buffer, limit: number): string {
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
