/** Rows of `nodes/{node}/storage/{storage}/content?content=backup`. Values for NetBox are the plugin's own choices. */
import { isObject } from '../../values/plain-object.js';
import { epochToIso, field, type Row, toInt, toPlainText, toText } from './coerce.js';

type BackupSubtype = 'qemu' | 'lxc' | 'undefined';
export type BackupFormat = 'pbs-vm' | 'pbs-ct' | 'qcow2' | 'raw' | 'tgz' | 'tbz' | 'tar' | 'iso' | 'tzst' | 'undefined';

export interface Backup {
  /** Part of the volume id before the first `:`. */
  readonly storage: string;
  readonly volumeId: string;
  readonly vmid: number | null;
  readonly subtype: BackupSubtype;
  readonly format: BackupFormat;
  /** Bytes. */
  readonly size: number | null;
  readonly used: number | null;
  /** UTC, ISO 8601. */
  readonly creationTime: string | null;
  readonly notes: string;
  /** Key fingerprint, or `1`. */
  readonly encrypted: string | null;
  readonly verificationState: string | null;
  readonly verificationUpid: string | null;
}

const formats: ReadonlyMap<string, BackupFormat> = new Map([
  ['zst', 'tzst'],
  ['vma.zst', 'tzst'],
  ['vma.zstd', 'tzst'],
  ['tar.zst', 'tzst'],
  ['tzst', 'tzst'],
  ['vma.gz', 'tgz'],
  ['tar.gz', 'tgz'],
  ['tgz', 'tgz'],
  ['tbz', 'tbz'],
  ['tar', 'tar'],
  ['raw', 'raw'],
  ['qcow2', 'qcow2'],
  ['iso', 'iso'],
  ['pbs-vm', 'pbs-vm'],
  ['pbs-ct', 'pbs-ct'],
]);

/** null for a row without volume id: nothing could be stored or found again. */
export function parseBackup(row: Row): Backup | null {
  const volumeId = toText(row.volid);
  if (volumeId === null) return null;
  const verification = isObject(row.verification) ? row.verification : {};
  return {
    storage: storageOfVolume(volumeId),
    volumeId,
    vmid: toInt(row.vmid) ?? vmidOfVolume(volumeId),
    subtype: parseBackupSubtype(row.subtype, volumeId),
    format: parseBackupFormat(row.format),
    size: toInt(row.size),
    used: toInt(row.used),
    creationTime: epochToIso(field(row, 'ctime')),
    notes: toPlainText(row.notes),
    encrypted: encryptionText(row.encrypted),
    verificationState: toText(verification.state),
    verificationUpid: toText(verification.upid),
  };
}

/** `pbs` of `pbs:backup/vm/100/...`. */
export function storageOfVolume(volumeId: string): string {
  const colon = volumeId.indexOf(':');
  return colon < 0 ? '' : volumeId.slice(0, colon);
}

function parseBackupSubtype(subtype: unknown, volumeId: string): BackupSubtype {
  const word = toText(subtype)?.toLowerCase();
  if (word === 'qemu' || word === 'vm') return 'qemu';
  if (word === 'lxc' || word === 'ct') return 'lxc';
  if (volumeId.includes('/ct/') || volumeId.includes('vzdump-lxc-')) return 'lxc';
  return volumeId.includes('/vm/') || volumeId.includes('vzdump-qemu-') ? 'qemu' : 'undefined';
}

export function parseBackupFormat(format: unknown): BackupFormat {
  return formats.get(toText(format)?.toLowerCase() ?? '') ?? 'undefined';
}

/** Older releases omit `vmid` in content rows; the archive's own name has it. */
function vmidOfVolume(volumeId: string): number | null {
  const match = /(?:vzdump-(?:qemu|lxc)-|backup\/(?:vm|ct)\/)(\d{1,10})(?=[-/])/.exec(volumeId.slice(0, 1024));
  return match === null ? null : toInt(match[1]);
}

function encryptionText(value: unknown): string | null {
  if (typeof value === 'boolean') return value ? '1' : null;
  const text = toText(value);
  return text === '0' ? null : text;
}
