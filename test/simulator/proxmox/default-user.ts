import type { PveProfile } from '../estate/index.js';
import { presetPrivileges } from './privileges.js';
import type { AclEntry, AclPreset, SimulatedUser } from './types.js';

/** The account every simulator has. Its secrets are the same everywhere and worth nothing. */
export const DEFAULT_ACCOUNT = {
  username: 'proxbox@pve',
  password: 'simulated-password',
  tokenName: 'sync',
  tokenValue: '6f1c1d8e-0f5b-4c62-9d8b-7a1e5d2c3b40',
} as const;

/** The documented role as the preset leaves it: without the agent, or not made at all. */
export function presetRoles(preset: AclPreset, profile: PveProfile): Readonly<Record<string, readonly string[]>> {
  if (preset === 'full' || preset === 'nothing') return {};
  return { NetBoxReadOnly: presetPrivileges(preset, profile) };
}

/** The default user and its privilege-separated token, both with the preset's privileges on `/`. */
export function defaultUser(preset: AclPreset, profile: PveProfile): SimulatedUser {
  const role = preset === 'full' ? 'Administrator' : 'NetBoxReadOnly';
  const acl: readonly AclEntry[] =
    preset === 'nothing' ? [] : [{ path: '/', role, privileges: presetPrivileges(preset, profile) }];
  const tokenAcl = preset === 'token-without-acl' ? [] : acl;
  return {
    userid: DEFAULT_ACCOUNT.username,
    password: DEFAULT_ACCOUNT.password,
    acl,
    tokens: [{ name: DEFAULT_ACCOUNT.tokenName, value: DEFAULT_ACCOUNT.tokenValue, acl: tokenAcl }],
  };
}
