/** Hosts, links and paths of Proxmox endpoints. */
import { ProxboxError } from '../errors/proxbox-error.js';

export interface HostPort {
  /** Without brackets, also for IPv6. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads what people store as host: `pve1.lab`, `10.0.0.10`, `pve1.lab:443`, `2001:db8::1`, `[2001:db8::1]:8006`,
 * `10.0.0.10/24`, `https://pve1.lab:8006/`. A port in the text wins over the given one.
 */
export function parseHost(text: string, port: number): HostPort {
  const [bare = ''] = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .split('/', 1);
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(bare);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: Number(bracketed[2] ?? port) };
  const named = /^([^:]*):(\d{1,5})$/.exec(bare);
  if (named !== null) return { host: named[1] ?? '', port: Number(named[2]) };
  return { host: bare, port };
}

/** `pve1.lab:8006`, `[2001:db8::1]:8006`. */
export function hostPortText({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Proxmox answers on HTTPS only. Throws `proxmox_unreachable` when the stored text cannot be a host. */
export function originOf(target: HostPort): string {
  const text = `https://${hostPortText(target)}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (
    url === null ||
    target.host === '' ||
    url.username !== '' ||
    url.pathname !== '/' ||
    url.search + url.hash !== ''
  ) {
    throw new ProxboxError('proxmox_unreachable', `'${target.host}' is not a host name or address.`, {
      detail: 'failed to resolve: correct the domain or the address of the Proxmox endpoint',
      retryable: false,
    });
  }
  return url.origin;
}

/**
 * A path below `/api2/json/` whose inserted parts are single, percent-encoded segments:
 * path`nodes/${node}/qemu/${vmid}/config`. Throws `invalid_request` for parts that could leave their place.
 */
export function path(literals: TemplateStringsArray, ...segments: readonly (string | number)[]): string {
  return literals.map((literal, index) => literal + encodedSegment(segments[index])).join('');
}

function encodedSegment(value: string | number | undefined): string {
  if (value === undefined) return '';
  const text = String(value);
  if (text === '' || text === '.' || text === '..' || /[/\\\u0000-\u001f\u007f]/.test(text) || !isWellFormed(text)) {
    throw new ProxboxError('invalid_request', 'A part of a Proxmox path is empty or has characters it must not have.', {
      detail: `Refused: ${JSON.stringify(text.slice(0, 80))}. Slashes, control characters and dots alone are not allowed.`,
    });
  }
  return encodeURIComponent(text);
}

/** encodeURIComponent throws on half a surrogate pair. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

export const nodeNamePattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;

/** What Proxmox accepts as node name, and nothing that could be read as something else in a path. */
export function isNodeName(name: string): boolean {
  return name.length <= 255 && nodeNamePattern.test(name);
}
