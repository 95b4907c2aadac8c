/** The identifiers that Proxmox gives to tasks. */

export interface Upid {
  readonly node: string;
  readonly pid: number;
  readonly pstart: number;
  /** Epoch seconds. */
  readonly starttime: number;
  readonly type: string;
  /** VMID, storage or whatever the task is about; may be empty. */
  readonly id: string;
  /** `user@realm` or `user@realm!token`. */
  readonly user: string;
}

const upidPattern =
  /^UPID:([^:\s]+):([0-9a-f]{1,12}):([0-9a-f]{1,12}):([0-9a-f]{1,12}):([^:\s]+):([^:\s]*):([^:\s]*)(?::|$)/i;

/** `UPID:{node}:{pid hex}:{pstart hex}:{starttime hex}:{type}:{id}:{user}:{comment?}`; null when it is none. */
export function parseUpid(text: unknown): Upid | null {
  if (typeof text !== 'string' || text.length > 4096) return null;
  const match = upidPattern.exec(text.trim());
  if (match === null) return null;
  const [, node = '', pid = '', pstart = '', start = '', type = '', id = '', user = ''] = match;
  return {
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    starttime: Number.parseInt(start, 16),
    type,
    id,
    user,
  };
}
