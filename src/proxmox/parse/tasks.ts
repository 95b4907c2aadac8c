/** Rows of `nodes/{node}/tasks?source=archive`: finished tasks, `status` is `OK` or the error text. */
import type { GuestType } from '../types.js';
import { epochToIso, type Row, toInt, toPlainText, toText } from './coerce.js';
import { parseUpid, type Upid } from './upid.js';

export interface Task {
  readonly upid: string;
  readonly node: string;
  readonly pid: number | null;
  readonly pstart: number | null;
  /** VMID as text, or what else the task is about. */
  readonly taskId: string;
  readonly taskType: string;
  readonly username: string;
  /** UTC, ISO 8601. */
  readonly startTime: string | null;
  readonly endTime: string | null;
  /** At most 2,048 characters. */
  readonly status: string;
}

const maxStatusLength = 2048;
/** The status of a task whose row does not tell one. */
export const untoldStatus = 'unknown';

/** null for a row without UPID. Values missing in the row are taken from the UPID. */
export function parseTask(row: Row): Task | null {
  const upid = toText(row.upid);
  if (upid === null) return null;
  const parts = parseUpid(upid) ?? unknownParts;
  return {
    upid,
    ...taskOrigin(row, parts),
    taskId: toText(row.id) ?? toText(row.vmid) ?? parts.id,
    taskType: firstText(row.type, parts.type) ?? 'unknown',
    username: firstText(row.user, parts.user) ?? 'root@pam',
    startTime: epochToIso(row.starttime) ?? epochToIso(parts.starttime),
    endTime: epochToIso(row.endtime),
    status: (firstText(row.exitstatus, row.status) ?? untoldStatus).slice(0, maxStatusLength),
  };
}

const unknownParts = { node: '', pid: null, pstart: null, starttime: null, type: '', id: '', user: '' };

function taskOrigin(row: Row, parts: Upid | typeof unknownParts) {
  return {
    node: toText(row.node) ?? parts.node,
    pid: toInt(row.pid) ?? parts.pid,
    pstart: toInt(row.pstart) ?? parts.pstart,
  };
}

function firstText(...values: readonly unknown[]): string | null {
  return values.map(toText).find((text) => text !== null) ?? null;
}

/** Task types whose name does not say what happened, or says it misleadingly (`qmdelsnapshot` contains "snapshot"). */
const actionsByType: ReadonlyMap<string, string> = new Map([
  ['qmdelsnapshot', 'Delete snapshot'],
  ['vzdelsnapshot', 'Delete snapshot'],
  ['vzdump', 'Backup'],
  ['qmdestroy', 'Destroy'],
  ['vzdestroy', 'Destroy'],
  ['qmtemplate', 'Convert'],
  ['vztemplate', 'Convert'],
  ['vncproxy', 'Console'],
  ['vncshell', 'Console'],
  ['spiceproxy', 'Console'],
  ['termproxy', 'Console'],
]);

const actionWords = [
  'start',
  'shutdown',
  'reboot',
  'stop',
  'pause',
  'resume',
  'suspend',
  'delete',
  'create',
  'clone',
  'move',
  'backup',
  'restore',
  'snapshot',
  'rollback',
  'migrate',
  'convert',
];

/** `QEMU 100 - Start`, `CT 200 - Backup`. */
export function taskDescription(taskType: string, taskId: string, guestType: GuestType): string {
  return `${guestType === 'lxc' ? 'CT' : 'QEMU'} ${taskId} - ${taskAction(taskType)}`;
}

function taskAction(taskType: string): string {
  const type = toPlainText(taskType).trim().toLowerCase();
  const known = actionsByType.get(type) ?? actionWords.find((word) => type.includes(word)) ?? type;
  return known === '' ? 'Unknown' : known.charAt(0).toUpperCase() + known.slice(1);
}
