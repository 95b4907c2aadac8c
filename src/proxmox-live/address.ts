/** Reads the URL below `/proxmox/api2`: an optional name of a schema, then a path of Proxmox. Pure. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { isRelease } from '../proxmox-schema/tags.js';

export interface LiveAddress {
  /** As the URL names it. */
  readonly tag: string | undefined;
  /** Of the path of Proxmox, decoded. */
  readonly segments: readonly string[];
}

const topLevels = new Set(['access', 'cluster', 'nodes', 'pools', 'storage', 'version']);
/** `/proxmox/api2/`, in whatever way it is encoded. */
const baseLength = 3;

function refuse(segment: string): ProxboxError {
  const told = JSON.stringify(segment.slice(0, 80));
  return new ProxboxError('invalid_request', 'The path has a part that cannot be one.', {
    detail: [
      {
        type: 'path_segment',
        loc: ['path'],
        msg: `Refused: ${told}. Encode each part of the path once; dots alone and empty parts are not allowed.`,
      },
    ],
  });
}

function isPlain(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..' && !/[\\\u0000-\u001f\u007f]/.test(part);
}

/** A slash may only be inside of a part that was sent encoded: names of volumes have them. */
function decoded(raw: string): string {
  try {
    const segment = decodeURIComponent(raw);
    if (segment.split('/').every(isPlain)) return segment;
  } catch {
    // Not percent-encoding: refused as it stands.
  }
  throw refuse(raw);
}

/**
 * @param rawPath of the request, still encoded, without the query
 * @param tags of the generated schemas
 * @throws ProxboxError `invalid_request` (422) for parts that could leave their place
 */
export function readAddress(rawPath: string, tags: readonly string[]): LiveAddress {
  const raw = rawPath.replace(/\/$/, '').split('/').slice(baseLength);
  const [first = '', ...rest] = raw.map(decoded);
  const isTag = !topLevels.has(first) && (first === 'latest' || isRelease(first) || tags.includes(first));
  return isTag ? { tag: first, segments: rest } : { tag: undefined, segments: first === '' ? [] : [first, ...rest] };
}

/** Only a volume has a name with slashes; everywhere else a slash would reach into another path. */
export function checkPlace(segments: readonly string[], place: Readonly<Record<string, string>>): void {
  const withSlash = segments.find((segment) => segment.includes('/'));
  if (withSlash !== undefined && place['volume'] !== withSlash) throw refuse(withSlash);
}

/** Below `/api2/json/`. */
export function encodedPath(segments: readonly string[]): string {
  return segments.map((segment) => encodeURIComponent(segment)).join('/');
}
