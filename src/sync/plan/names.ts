/** Names of virtual machines that NetBox accepts, without taking from an operator the one they gave. Pure. */

/** One guest that needs a NetBox name. */
export interface NameRequest {
  /** Opaque; results are keyed by it. */
  readonly key: string;
  readonly cluster: string;
  readonly vmid: number;
  /** What Proxmox calls it, already in a form that NetBox can take. */
  readonly candidate: string;
  /** Name of the NetBox object that belongs to the guest, when there is one. */
  readonly stored?: string;
  /** The Proxmox name at the last sync; undefined = no evidence. */
  readonly lastSynced?: string;
}

export interface ResolvedName {
  readonly name: string;
  /** 1 = no suffix. */
  readonly suffixIndex: number;
  readonly operatorRenamed: boolean;
}

const variant = /^(.+?) \((\d+)\)$/;
const temporary = / \(renaming \d+\)$/;
const ofGoneGuest = /^(.+) \(gone (\d+)\)(?: \(\d+\))?$/;
/** NetBox counts characters, not UTF-16 units. */
const maxLength = 64;

/**
 * Gives every guest of one NetBox cluster a name that NetBox accepts: virtual machine names are unique per cluster
 * without regard to case. `taken` are names of machines that are not among the requests. A name that an operator gave
 * stays; a name that only Proxmox changed follows; clashes get the suffix ` (2)`, ` (3)`, ... in the order of VMIDs.
 */
export function resolveNames(
  requests: readonly NameRequest[],
  taken: Iterable<string>,
): ReadonlyMap<string, ResolvedName> {
  const used = new Set([...taken].map((name) => name.toLowerCase()));
  const ordered = [...requests].sort(
    (a, b) => compareText(a.cluster.toLowerCase(), b.cluster.toLowerCase()) || a.vmid - b.vmid,
  );
  const resolved = new Map<string, ResolvedName>();
  /** By candidate: the suffixes before this one are taken, as names are only ever added. */
  const firstToTry = new Map<string, number>();
  for (const request of ordered) {
    const kept = operatorName(request);
    if (kept === undefined) continue;
    used.add(kept.toLowerCase());
    resolved.set(request.key, { name: kept, suffixIndex: 1, operatorRenamed: true });
  }
  for (const request of ordered) {
    if (resolved.has(request.key)) continue;
    const candidate = nameBeforeGone(request) ?? request.candidate;
    const free = firstFree(candidate, used, firstToTry.get(candidate));
    firstToTry.set(candidate, free.suffixIndex + 1);
    used.add(free.name.toLowerCase());
    resolved.set(request.key, { ...free, operatorRenamed: false });
  }
  return resolved;
}

/** The name under which an object is parked while two names are swapped; a run that is cut off may leave it behind. */
export function temporaryName(name: string, id: number): string {
  return `${cut(name, 40)} (renaming ${id})`;
}

/** What the machine of a guest that is gone is called, so that a living one can have its name. `taken` in lower case. */
export function goneName(name: string, vmid: number, taken: ReadonlySet<string>): string {
  const suffix = goneSuffix(vmid);
  return firstFree(`${cut(name, maxLength - suffix.length)}${suffix}`, taken).name;
}

function goneSuffix(vmid: number): string {
  return ` (gone ${vmid})`;
}

/** An operator's name that a machine gave up while its guest was gone: it takes that again. */
function nameBeforeGone(request: NameRequest): string | undefined {
  const stem = stemOfGone(request);
  return stem === undefined ? undefined : operatorName({ ...request, stored: stem });
}

function stemOfGone({ candidate, stored = '', vmid }: NameRequest): string | undefined {
  const [, stem, gone] = ofGoneGuest.exec(stored) ?? [];
  return gone === `${vmid}` && !isVariantOf(stored, candidate) ? stem : undefined;
}

/**
 * Whether some living guest would bear the name if its machine gave it up. `wanted`: how many of them Proxmox calls so, by name
 * in lower case; the second of a name wants ` (2)`.
 */
export function isNameWanted(name: string, wanted: ReadonlyMap<string, number>): boolean {
  const text = name.toLowerCase();
  const [, stem = text, index = '1'] = variant.exec(text) ?? [];
  return wanted.has(text) || (wanted.get(stem) ?? 0) >= Number(index);
}

/** Whether a machine is called what syncs call that of a guest: its name, one of its variants, or the name of a guest that is gone. */
export function isNameOfGuest(stored: string, guest: string, vmid: number): boolean {
  if (temporary.test(stored) || isVariantOf(stored, guest)) return true;
  const [, stem = '', gone] = ofGoneGuest.exec(stored) ?? [];
  if (gone !== `${vmid}`) return false;
  return (
    isVariantOf(stem, guest) || stem.toLowerCase() === cut(guest, maxLength - goneSuffix(vmid).length).toLowerCase()
  );
}

/** The stored name, when it is neither the Proxmox name nor what we made of the last one. */
function operatorName(request: NameRequest): string | undefined {
  const { candidate, stored, lastSynced } = request;
  if (stored === undefined || temporary.test(stored) || isVariantOf(stored, candidate)) return undefined;
  if (stemOfGone(request) !== undefined) return undefined;
  return lastSynced !== undefined && lastSynced !== '' && isVariantOf(stored, lastSynced) ? undefined : stored;
}

/** True for the name itself and for the name with a ` (N)` suffix, also when it had to be cut to make room for it. */
export function isVariantOf(name: string, base: string): boolean {
  const left = name.toLowerCase();
  if (left === cut(base, maxLength).toLowerCase()) return true;
  const [, stem, index] = variant.exec(left) ?? [];
  if (stem === undefined || index === undefined) return false;
  return stem === cut(base, maxLength - suffixOf(index).length).toLowerCase();
}

function firstFree(candidate: string, used: ReadonlySet<string>, first = 1): { name: string; suffixIndex: number } {
  for (let index = first; ; index += 1) {
    const suffix = index === 1 ? '' : suffixOf(index);
    const name = `${cut(candidate, maxLength - suffix.length)}${suffix}`;
    if (!used.has(name.toLowerCase())) return { name, suffixIndex: index };
  }
}

function suffixOf(index: number | string): string {
  return ` (${index})`;
}

/** At most `length` whole characters, without trailing blanks. */
export function cut(text: string, length: number): string {
  return Array.from(text).slice(0, length).join('').trimEnd();
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
