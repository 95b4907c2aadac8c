import { describe, expect, it } from 'vitest';
import { hostPortText, isNodeName, originOf, parseHost, path } from '../../../src/proxmox/host.js';

describe('hosts of endpoints', () => {
  it.each([
    ['pve1.lab', 'pve1.lab', 8006],
    [' 10.0.0.10 ', '10.0.0.10', 8006],
    ['10.0.0.10/24', '10.0.0.10', 8006],
    ['pve1.lab:443', 'pve1.lab', 443],
    ['2001:db8::1', '2001:db8::1', 8006],
    ['[2001:db8::1]', '2001:db8::1', 8006],
    ['[2001:db8::1]:443', '2001:db8::1', 443],
    ['https://pve1.lab:443/#v1', 'pve1.lab', 443],
    ['', '', 8006],
  ])('reads %j as %s port %i', (text, host, port) => expect(parseHost(text, 8006)).toEqual({ host, port }));

  it('puts IPv6 addresses into brackets', () => {
    const target = { host: '2001:db8::1', port: 8006 };
    expect(hostPortText(target)).toBe('[2001:db8::1]:8006');
    expect(originOf(target)).toBe('https://[2001:db8::1]:8006');
  });

  it.each(['user@host', 'a b', 'a?b', 'a#b', '', 'a\\b'])('refuses %j as host', (host) => {
    expect(() => originOf({ host, port: 8006 })).toThrow(/is not a host name/);
  });
});

describe('paths', () => {
  it('encodes every inserted part by itself', () => {
    expect(path`nodes/${'pve1'}/tasks/${'UPID:pve1:0:0:0:qmstart:100:root@pam!ci:'}/status`).toBe(
      'nodes/pve1/tasks/UPID%3Apve1%3A0%3A0%3A0%3Aqmstart%3A100%3Aroot%40pam!ci%3A/status',
    );
    expect(path`nodes/${'a b?c#d%'}/qemu/${100}`).toBe('nodes/a%20b%3Fc%23d%25/qemu/100');
  });

  it.each(['', '.', '..', 'a/b', 'a\\b', 'a\nb', '\u0000', '\ud800'])('refuses the part %j', (part) => {
    expect(() => path`nodes/${part}/network`).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it.each([
    ['pve1', true],
    ['pve-1.lab_2', true],
    ['-pve', false],
    ['..', false],
    ['pve/1', false],
    ['', false],
    ['a'.repeat(256), false],
  ])('says whether %j is a node name: %j', (name, expected) => expect(isNodeName(name)).toBe(expected));
});
