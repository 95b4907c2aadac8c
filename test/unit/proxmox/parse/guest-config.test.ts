import { describe, expect, it } from 'vitest';
import { parseCloudInit } from '../../../../src/proxmox/parse/cloud-init.js';
import { configuredCpus, parseAgentFlag, parseGuestConfig } from '../../../../src/proxmox/parse/guest-config.js';
import { parseGuestName } from '../../../../src/proxmox/parse/guest-name.js';
import { parseGuestStatus } from '../../../../src/proxmox/parse/guest-status.js';

describe('guest configuration', () => {
  it.each([
    ['1', true],
    ['0', false],
    [1, true],
    ['enabled=1,type=virtio', true],
    ['1,fstrim_cloned_disks=1', true],
    ['fstrim_cloned_disks=1', false],
    ['enabled=0', false],
    ['', false],
    [undefined, false],
    ['true', true],
  ])('reads the agent flag %j as %j', (value, expected) => expect(parseAgentFlag(value)).toBe(expected));

  it('reads numbers and flags whatever their form', () => {
    const config = { onboot: '1', unprivileged: 1, memory: '4096', agent: 1 };
    expect(parseGuestConfig({ ...config, searchdomain: ' lab.example ' })).toEqual({
      onboot: true,
      unprivileged: true,
      agent: true,
      searchDomain: 'lab.example',
      memoryMb: 4096,
    });
  });

  it('treats what is absent or odd as not set', () => {
    expect(parseGuestConfig({ memory: 'current=2048', onboot: {}, searchdomain: '' })).toMatchObject({
      onboot: false,
      unprivileged: false,
      agent: false,
      searchDomain: null,
      memoryMb: 2048,
    });
  });
});

describe('the processors that a guest is given', () => {
  it.each<[string, 'qemu' | 'lxc', Record<string, unknown>, number | null]>([
    ['cores on each socket', 'qemu', { cores: 4, sockets: '2' }, 8],
    ['one core where only sockets are set', 'qemu', { sockets: 2 }, 2],
    ['those that are plugged in', 'qemu', { cores: 4, sockets: 2, vcpus: 3 }, 3],
    ['none that are odd', 'qemu', { cores: 'many' }, null],
    ['not configured', 'qemu', {}, null],
    ['cores of a container', 'lxc', { cores: 2, cpulimit: '0.5' }, 2],
    ['the limit of a container without cores', 'lxc', { cpulimit: '0.5' }, 0.5],
    ['all of the host', 'lxc', { cpulimit: 0 }, null],
  ])('%s', (_what, type, config, expected) => expect(configuredCpus(type, config)).toBe(expected));
});

describe('cloud-init payload', () => {
  it('decodes the keys and leaves the password out', () => {
    const config = {
      ciuser: 'admin',
      cipassword: '**********',
      sshkeys: 'ssh-ed25519%20AAAA%2B%20j%C3%A9%0A',
      ipconfig0: 'ip=dhcp',
    };
    expect(parseCloudInit(config)).toEqual({
      ciuser: 'admin',
      sshkeys: 'ssh-ed25519 AAAA+ jé\n',
      ipconfig0: 'ip=dhcp',
      sshkeysTruncated: false,
    });
  });

  it('is null when nothing of it is set', () => expect(parseCloudInit({ cipassword: 'x', name: 'a' })).toBeNull());

  it.each([
    ['100%', '100%'],
    ['%zz%20', '%zz '],
    ['%C3', '\ufffd'],
  ])('takes the broken escape %j as %j', (sshkeys, expected) =>
    expect(parseCloudInit({ sshkeys })).toMatchObject({ sshkeys: expected, ciuser: '' }),
  );

  it('keeps keys of exactly 10 KB and cuts longer ones between characters', () => {
    const note = '\n# truncated by proxbox-api at 10KB';
    expect(parseCloudInit({ sshkeys: 'a'.repeat(10_240) })).toMatchObject({ sshkeysTruncated: false });
    expect(parseCloudInit({ sshkeys: 'a'.repeat(10_241) })).toMatchObject({
      sshkeys: 'a'.repeat(10_240) + note,
      sshkeysTruncated: true,
    });
    const cut = parseCloudInit({ sshkeys: `a${'é'.repeat(6000)}` })?.sshkeys ?? '';
    expect(cut).toBe(`a${'é'.repeat(5119)}${note}`);
  });
});

describe('guest status', () => {
  it.each([
    ['running', 'active'],
    ['Online', 'active'],
    ['active', 'active'],
    ['stopped', 'offline'],
    [' paused ', 'offline'],
    ['offline', 'offline'],
    ['suspended', 'offline'],
    ['prelaunch', 'offline'],
    ['planned', 'planned'],
    ['internal-error', 'active'],
    ['', 'active'],
    [null, 'active'],
  ])('maps %j to %s', (status, expected) => expect(parseGuestStatus(status)).toBe(expected));
});

describe('guest name', () => {
  it.each([
    ['web1', 'web1', false],
    ['ünïcode', 'ünïcode', false],
    ['', 'vm-100', true],
    [undefined, 'vm-100', true],
    ['  ', 'vm-100', true],
    ['\u0000\n', 'vm-100', true],
    [' web1 ', 'web1', true],
    ['a\r\n\u0007b', 'a b', true],
    ['x'.repeat(64), 'x'.repeat(64), false],
    ['x'.repeat(65), 'x'.repeat(64), true],
    [`${'x'.repeat(63)} y`, 'x'.repeat(63), true],
    ['😀'.repeat(70), '😀'.repeat(64), true],
    ['a\ud800b', 'a\ufffdb', true],
  ])('makes of %j the name %j', (value, name, adjusted) => {
    expect(parseGuestName(value, 100)).toEqual({ name, adjusted });
  });
});
