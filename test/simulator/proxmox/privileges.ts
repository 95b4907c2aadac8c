import type { PveProfile } from '../estate/index.js';
import type { AclPreset } from './types.js';

const COMMON = [
  'Datastore.Allocate',
  'Datastore.AllocateSpace',
  'Datastore.AllocateTemplate',
  'Datastore.Audit',
  'Group.Allocate',
  'Mapping.Audit',
  'Mapping.Modify',
  'Mapping.Use',
  'Permissions.Modify',
  'Pool.Allocate',
  'Pool.Audit',
  'Realm.Allocate',
  'Realm.AllocateUser',
  'SDN.Allocate',
  'SDN.Audit',
  'SDN.Use',
  'Sys.AccessNetwork',
  'Sys.Audit',
  'Sys.Console',
  'Sys.Incoming',
  'Sys.Modify',
  'Sys.PowerMgmt',
  'Sys.Syslog',
  'User.Modify',
  'VM.Allocate',
  'VM.Audit',
  'VM.Backup',
  'VM.Clone',
  'VM.Config.CDROM',
  'VM.Config.CPU',
  'VM.Config.Cloudinit',
  'VM.Config.Disk',
  'VM.Config.HWType',
  'VM.Config.Memory',
  'VM.Config.Network',
  'VM.Config.Options',
  'VM.Console',
  'VM.Migrate',
  'VM.PowerMgmt',
  'VM.Snapshot',
  'VM.Snapshot.Rollback',
] as const;

const AGENT_9 = [
  'VM.GuestAgent.Audit',
  'VM.GuestAgent.FileRead',
  'VM.GuestAgent.FileSystemMgmt',
  'VM.GuestAgent.FileWrite',
  'VM.GuestAgent.Unrestricted',
  'VM.Replicate',
];

/** Every privilege the version knows: `VM.Monitor` ended with 8, `VM.GuestAgent.*` began with 9. */
export function allPrivileges(profile: PveProfile): readonly string[] {
  return profile === '8.4' ? [...COMMON, 'VM.Monitor'] : [...COMMON, ...AGENT_9];
}

/** Any one of these lets a caller read from the guest agent. */
export function agentPrivileges(profile: PveProfile): readonly string[] {
  return profile === '8.4' ? ['VM.Monitor'] : ['VM.GuestAgent.Audit', 'VM.GuestAgent.Unrestricted'];
}

export function presetPrivileges(preset: AclPreset, profile: PveProfile): readonly string[] {
  const audit = ['Datastore.Audit', 'Pool.Audit', 'SDN.Audit', 'Sys.Audit', 'VM.Audit'];
  const agent = profile === '8.4' ? 'VM.Monitor' : 'VM.GuestAgent.Audit';
  switch (preset) {
    case 'full':
      return allPrivileges(profile);
    case 'read-only':
    case 'token-without-acl':
      return [...audit, agent];
    case 'no-pools-and-bridges':
      return ['Datastore.Audit', 'Sys.Audit', 'VM.Audit', agent];
    case 'no-agent':
      return audit;
    case 'nothing':
      return [];
  }
}
