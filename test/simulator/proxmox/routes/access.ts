import type { PveRow } from '../../estate/index.js';
import { placeOf, type Call, type Route } from '../route.js';

export const accessRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/access/ticket',
    open: true,
    parameters: {
      username: { type: 'string', required: true },
      password: { type: 'string', required: true },
      realm: { type: 'string' },
      otp: { type: 'string' },
      path: { type: 'string' },
      privs: { type: 'string' },
      'new-format': { type: 'boolean' },
      'tfa-challenge': { type: 'string' },
    },
    handler: ({ authentication, parameters }) => authentication.login(parameters),
  },
  {
    method: 'GET',
    path: '/access/permissions',
    parameters: { path: { type: 'string' } },
    handler: ({ permissions, parameters: { path } }) =>
      permissions.table(path === undefined ? undefined : String(path)),
  },
  {
    method: 'GET',
    path: '/access/roles',
    handler: ({ access }) =>
      access.roles().map(({ roleid, privileges, special }) => ({
        roleid,
        privs: privileges.join(','),
        special: special ? 1 : 0,
      })),
  },
  {
    method: 'POST',
    path: '/access/roles',
    permission: { at: '/access', all: ['Sys.Modify'] },
    parameters: { roleid: { type: 'string', required: true }, privs: { type: 'string' } },
    handler: ({ access, parameters }) => {
      access.addRole(String(parameters['roleid']), listOf(parameters['privs']));
      return null;
    },
  },
  {
    method: 'PUT',
    path: '/access/roles/{roleid}',
    permission: { at: '/access', all: ['Sys.Modify'] },
    parameters: { privs: { type: 'string' }, append: { type: 'boolean' } },
    handler: (call) => {
      const { access, parameters } = call;
      access.changeRole(placeOf(call, 'roleid'), listOf(parameters['privs']), parameters['append'] === true);
      return null;
    },
  },
  {
    method: 'GET',
    path: '/access/users',
    parameters: { full: { type: 'boolean' } },
    handler: userRows,
  },
  {
    method: 'PUT',
    path: '/access/users/{userid}',
    permission: { at: '/access', all: ['User.Modify'] },
    parameters: { groups: { type: 'string' }, append: { type: 'boolean' } },
    handler: (call) => {
      const { access, parameters } = call;
      access.changeGroups(placeOf(call, 'userid'), listOf(parameters['groups']), parameters['append'] === true);
      return null;
    },
  },
  {
    method: 'POST',
    path: '/access/groups',
    permission: { at: '/access', all: ['Group.Allocate'] },
    parameters: { groupid: { type: 'string', required: true }, comment: { type: 'string' } },
    handler: ({ access, parameters }) => {
      access.addGroup(String(parameters['groupid']));
      return null;
    },
  },
  {
    method: 'POST',
    path: '/access/users',
    permission: { at: '/access', all: ['User.Modify'] },
    parameters: { userid: { type: 'string', required: true, pattern: /^[^\s:/]+@(pam|pve)$/ } },
    handler: ({ access, parameters }) => {
      access.addUser(String(parameters['userid']));
      return null;
    },
  },
  {
    method: 'POST',
    path: '/access/users/{userid}/token/{tokenid}',
    permission: { at: '/access', all: ['User.Modify'] },
    parameters: { privsep: { type: 'boolean' } },
    handler: (call) => {
      const [userid, tokenid] = [placeOf(call, 'userid'), placeOf(call, 'tokenid')];
      const privsep = call.parameters['privsep'] !== false;
      const value = call.access.addToken(userid, tokenid, privsep);
      return { 'full-tokenid': `${userid}!${tokenid}`, info: { privsep: privsep ? 1 : 0 }, value };
    },
  },
  { method: 'GET', path: '/access/acl', handler: aclRows },
  {
    method: 'PUT',
    path: '/access/acl',
    parameters: {
      path: { type: 'string', required: true },
      roles: { type: 'string', required: true },
      users: { type: 'string' },
      groups: { type: 'string' },
      delete: { type: 'boolean' },
      tokens: { type: 'string' },
      propagate: { type: 'boolean' },
    },
    handler: changeAcl,
  },
];

function changeAcl({ access, permissions, parameters }: Call): null {
  const path = String(parameters['path']);
  permissions.requireAll(path, ['Permissions.Modify']);
  access.bind({
    path,
    roles: listOf(parameters['roles']),
    users: listOf(parameters['users']),
    groups: listOf(parameters['groups']),
    delete: parameters['delete'] === true,
    tokens: listOf(parameters['tokens']),
    propagate: parameters['propagate'] !== false,
  });
  return null;
}

/** Everything for those with `Sys.Audit` on `/access`, else where the caller may change the entries. */
function aclRows({ access, permissions }: Call): PveRow[] {
  const seesAll = permissions.has('/access', 'Sys.Audit');
  return access.acl
    .filter(({ path }) => seesAll || permissions.has(path, 'Permissions.Modify'))
    .map(({ path, type, ugid, role, propagate }) => ({
      path,
      type,
      ugid,
      roleid: role,
      propagate: propagate ? 1 : 0,
    }));
}

/** All of them for those who may see users; else the caller alone, who is not the user when it is a token. */
function userRows({ access, permissions, principal, parameters }: Call): PveRow[] {
  const seesAll = ['User.Modify', 'Sys.Audit'].some((one) => permissions.has('/access/groups', one));
  return [...access.users.values()]
    .filter(({ userid }) => seesAll || userid === principal.id)
    .map(({ userid, groups = [], tokens = [] }) => ({
      userid,
      enable: 1,
      expire: 0,
      'realm-type': userid.slice(userid.lastIndexOf('@') + 1),
      ...(parameters['full'] === true
        ? {
            groups: groups.join(),
            tokens: tokens.map(({ name, privilegeSeparation }) => ({
              tokenid: name,
              expire: 0,
              privsep: privilegeSeparation === false ? 0 : 1,
            })),
          }
        : {}),
    }));
}

/** Proxmox takes lists with commas, semicolons or spaces. */
function listOf(value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : '';
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}
