/** The roles of a cluster: those that Proxmox brings along, which nobody may change, and its own. */
import type { PveProfile } from '../estate/index.js';
import { ApiError } from './api-error.js';
import { allPrivileges } from './privileges.js';

export interface RoleStore {
  has(role: string): boolean;
  privilegesOf(role: string): readonly string[];
  roles(): readonly { readonly roleid: string; readonly privileges: readonly string[]; readonly special: boolean }[];
  addRole(roleid: string, privileges: readonly string[]): void;
  changeRole(roleid: string, privileges: readonly string[], append: boolean): void;
  /** The role with exactly these privileges; made when there is none, as an entry of the list always names a role. */
  nameFor(privileges: readonly string[]): string;
}

export interface RoleStoreOptions {
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly profile: () => PveProfile;
}

const auditor = ['Datastore.Audit', 'Mapping.Audit', 'Pool.Audit', 'SDN.Audit', 'Sys.Audit', 'VM.Audit'];
const vmUser = ['VM.Audit', 'VM.Backup', 'VM.Config.CDROM', 'VM.Config.Cloudinit', 'VM.Console', 'VM.PowerMgmt'];

export function createRoleStore({ roles: given, profile }: RoleStoreOptions): RoleStore {
  const special = new Map<string, () => readonly string[]>([
    ['Administrator', () => allPrivileges(profile())],
    ['NoAccess', () => []],
    ['PVEAuditor', () => auditor],
    ['PVEVMUser', () => vmUser],
  ]);
  const own = new Map<string, readonly string[]>(Object.entries(given));

  function check(privileges: readonly string[]): void {
    const unknown = privileges.find((privilege) => !allPrivileges(profile()).includes(privilege));
    if (unknown === undefined) return;
    throw new ApiError(400, 'Parameter verification failed.', { privs: `invalid privilege '${unknown}'` });
  }

  return {
    has: (role) => special.has(role) || own.has(role),
    privilegesOf: (role) => special.get(role)?.() ?? own.get(role) ?? [],
    roles: () => [
      ...[...special].map(([roleid, list]) => ({ roleid, privileges: list(), special: true })),
      ...[...own].map(([roleid, privileges]) => ({ roleid, privileges, special: false })),
    ],
    addRole(roleid, privileges) {
      if (special.has(roleid) || own.has(roleid))
        throw new ApiError(500, `create role failed: role '${roleid}' already exists`);
      check(privileges);
      own.set(roleid, privileges);
    },
    changeRole(roleid, privileges, append) {
      if (special.has(roleid))
        throw new ApiError(500, `update role failed: auto-generated role '${roleid}' cannot be modified`);
      const held = own.get(roleid);
      if (held === undefined) throw new ApiError(500, `update role failed: role '${roleid}' does not exist`);
      check(privileges);
      own.set(roleid, append ? [...new Set([...held, ...privileges])] : privileges);
    },
    nameFor(privileges) {
      const wanted = [...privileges].sort().join();
      const same = [...own].find(([name, held]) => name.startsWith('Custom') && [...held].sort().join() === wanted);
      if (same !== undefined) return same[0];
      const name = `Custom${own.size + 1}`;
      own.set(name, privileges);
      return name;
    },
  };
}
