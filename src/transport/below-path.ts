/** A sender whose requests go to a path below its origin, as to a NetBox that shares its host with others. */
import type { Sender } from './types.js';

/** `https://netbox.example.com:443/netbox`, apart: the origin, and the path without its last slash (empty: none). */
export function splitBase(baseUrl: string): { readonly origin: string; readonly path: string } {
  const [, origin = baseUrl, path = ''] = /^([a-z]+:\/\/[^/]+)(\/.*)?$/i.exec(baseUrl) ?? [];
  return { origin, path: path.replace(/\/+$/, '') };
}

export function belowPath<S extends Sender>(sender: S, path: string): S {
  if (path === '') return sender;
  return { ...sender, send: (request) => sender.send({ ...request, path: `${path}${request.path}` }) };
}
