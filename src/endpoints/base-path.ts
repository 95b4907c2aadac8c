/** The path that NetBox is served below, `http://netbox.example.com/netbox/`: as it is stored, and what may be none. Pure. */
import { bad } from './column-rules.js';

const segment = /^[A-Za-z0-9._~-]+$/;

/**
 * `/netbox` of `netbox`, `/netbox` and `/netbox/`; null of nothing and of `/`.
 * @throws ProxboxError `bad_request` (400) when it is no path, or more than one
 */
export function basePathOf(sent: string | null | undefined): string | null {
  const path = (sent ?? '').trim().replaceAll(/^\/|\/$/g, '');
  if (path === '') return null;
  const segments = path.split('/');
  if (segments.some((one) => !segment.test(one) || /^\.+$/.test(one)))
    throw bad(
      "base_path must be the path that NetBox is served below, such as '/netbox': letters, digits, '-', '.', '_' and '~' between slashes, without scheme, host or query",
    );
  if (segments.at(-1) === 'api') throw bad("base_path ends where NetBox's own paths begin. Send it without '/api'");
  return `/${path}`;
}
