/** What a permission of NetBox is about, and what its REST API tells of that. */
import { isObject } from '../values/plain-object.js';

export const writeActions = ['add', 'change', 'delete'] as const;
export type WriteAction = (typeof writeActions)[number];
export const actions = ['view', ...writeActions] as const;
export type Action = (typeof actions)[number];

/** Whether an answer to OPTIONS says that the token may do this (`determine_actions` of `netbox/api/metadata.py`). */
export function offers(body: unknown, method: 'POST' | 'PUT'): boolean {
  const { actions: offered } = isObject(body) ? body : {};
  return isObject(offered) && method in offered;
}
