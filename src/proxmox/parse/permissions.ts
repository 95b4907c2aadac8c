/** Answers of `access/permissions`: ACL path -> privilege -> 1 when it propagates to what is below. */
import { isObject } from '../../values/plain-object.js';
import { toBool } from './coerce.js';

export interface Permissions {
  /** Whether the account has the privilege on the path, itself or from above. */
  has(aclPath: string, privilege: string): boolean;
  /** Paths that Proxmox lists with the privilege, sorted. */
  pathsWith(privilege: string): readonly string[];
  /** What Proxmox lists for exactly this path. */
  privilegesOn(aclPath: string): ReadonlySet<string>;
  /** No privilege anywhere: how an API token with privilege separation begins. */
  readonly isEmpty: boolean;
}

export function parsePermissions(data: unknown): Permissions {
  const granted = new Map<string, ReadonlyMap<string, boolean>>();
  for (const [aclPath, privileges] of Object.entries(isObject(data) ? data : {})) {
    if (!isObject(privileges)) continue;
    const entries = Object.entries(privileges).map(
      ([name, propagates]) => [name, toBool(propagates) ?? false] as const,
    );
    granted.set(aclPath, new Map(entries));
  }
  return {
    isEmpty: [...granted.values()].every((privileges) => privileges.size === 0),
    pathsWith: (privilege) => [...granted].flatMap(([path, held]) => (held.has(privilege) ? [path] : [])).sort(),
    privilegesOn: (aclPath) => new Set(granted.get(aclPath)?.keys()),
    has: (aclPath, privilege) => {
      if (granted.get(aclPath)?.has(privilege) === true) return true;
      // The nearest path above that Proxmox lists decides: permissions on a deeper path replace those from above.
      const above = ancestors(aclPath).find((ancestor) => granted.has(ancestor));
      if (granted.has(aclPath) || above === undefined) return false;
      return granted.get(above)?.get(privilege) === true;
    },
  };
}

/**
 * The tree with what was asked for single paths, which wins there: a path on which `NoAccess` stands has no row in the tree,
 * so that the grant above seems to hold.
 */
export function withAsked(tree: Permissions, asked: ReadonlyMap<string, ReadonlySet<string>>): Permissions {
  return { ...tree, has: (aclPath, privilege) => asked.get(aclPath)?.has(privilege) ?? tree.has(aclPath, privilege) };
}

/** `/storage/pbs1` -> `/storage`, `/`. */
function ancestors(aclPath: string): readonly string[] {
  const parts = aclPath.split('/').filter((part) => part !== '');
  return parts.map((_, index) => `/${parts.slice(0, parts.length - 1 - index).join('/')}`);
}
