import { describe, expect, it } from 'vitest';
import { parseDiskSizeMb } from '../../../../src/proxmox/parse/disk-size.js';
import { bootStorage, parseGuestDisks } from '../../../../src/proxmox/parse/disks.js';

describe('disk sizes', () => {
  it.each([
    ['32G', 32_768],
    ['528K', 1],
    ['1025K', 2],
    ['4M', 4],
    ['1.5G', 1536],
    ['0.3M', 1],
    ['1T', 1_048_576],
    ['1P', 1_073_741_824],
    ['3P', 2_147_483_647],
    ['4194304', 4],
    ['4194305', 5],
    ['1', 1],
    ['100B', 1],
    [4_194_304, 4],
    ['32 g', 32_768],
    ['0', 0],
    ['0G', 0],
    ['', null],
    ['big', null],
    ['-1G', null],
    ['1E', null],
    ['1.G', null],
    [null, null],
    ['9'.repeat(60), 2_147_483_647],
  ])('turns %j into %j MiB', (text, expected) => expect(parseDiskSizeMb(text)).toBe(expected));
});

describe('disks of a guest', () => {
  const one = (key: string, value: string) => parseGuestDisks({ [key]: value });

  it.each([
    [
      'scsi0',
      'local-lvm:vm-100-disk-0,size=32G,format=qcow2',
      32_768,
      'local-lvm',
      'Storage: local-lvm | Format: qcow2',
    ],
    ['rootfs', 'local-lvm:vm-200-disk-0,size=8G', 8192, 'local-lvm', 'Storage: local-lvm'],
    ['mp0', 'tank:subvol-200-disk-1,mp=/data,size=16G', 16_384, 'tank', 'Storage: tank'],
    ['efidisk0', 'local-lvm:vm-100-disk-1,efitype=4m,size=4M', 4, 'local-lvm', 'Storage: local-lvm'],
    ['efidisk0', 'local-lvm:vm-100-disk-1,size=528K', 1, 'local-lvm', 'Storage: local-lvm'],
    ['tpmstate0', 'local-lvm:vm-100-disk-2,size=4M,version=v2.0', 4, 'local-lvm', 'Storage: local-lvm'],
    ['virtio3', 'file=ceph:vm-100-disk-0,size=1G', 1024, 'ceph', 'Storage: ceph'],
    ['mp1', 'volume=tank:subvol-1,size=1G,mp=/x', 1024, 'tank', 'Storage: tank'],
  ])('mirrors %s: %s', (key, value, sizeMb, storageName, description) => {
    const { disks, totalMb } = one(key, value);
    expect(disks).toMatchObject([{ name: key, rawValue: value, kind: 'disk', sizeMb, storageName, description }]);
    expect(totalMb).toBe(sizeMb);
  });

  it.each([
    ['local:iso/debian.iso,media=cdrom,size=652M', 'cdrom', 'CD-ROM drive | ISO: local:iso/debian.iso'],
    ['none,media=cdrom', 'cdrom', 'CD-ROM drive'],
    ['cdrom,media=cdrom', 'cdrom', 'CD-ROM drive'],
    ['ceph:vm-128-cloudinit,media=cdrom', 'cloud-init', 'Cloud-init drive'],
    ['local:128/vm-128-cloudinit.qcow2,media=cdrom,size=4M', 'cloud-init', 'Cloud-init drive'],
  ])('gives the drive %s size 0', (value, kind, description) => {
    expect(one('ide2', value)).toMatchObject({ disks: [{ kind, sizeMb: 0, description }], totalMb: 0, unsized: [] });
  });

  it.each([
    ['scsi2', '/dev/sdb', '/dev/sdb', null],
    ['sata5', '/dev/disk/by-id/x,size=1G', '/dev/disk/by-id/x', null],
    ['mp1', '/mnt/x,mp=/y', '/mnt/x', null],
    ['scsi1', 'local:vm-1-disk-0', 'local:vm-1-disk-0', 'local'],
    ['scsi1', 'local:vm-1-disk-0,size=0', 'local:vm-1-disk-0', 'local'],
    ['scsi1', 'local:vm-1-disk-0,size=huge', 'local:vm-1-disk-0', 'local'],
  ])('leaves %s: %s out and says so', (key, value, volume, storageName) => {
    expect(one(key, value)).toEqual({ disks: [], unsized: [{ name: key, volume, storageName }], totalMb: 0 });
  });

  it('takes from the storage the size of a volume that the configuration has none of, and of nothing else', () => {
    const sizes = new Map([
      ['local:vm-1-disk-0', 512],
      ['/dev/sdb', 512],
    ]);
    const config = { scsi0: 'local:vm-1-disk-0', scsi1: 'local:vm-1-disk-0,size=1G', scsi2: '/dev/sdb' };
    const { disks, unsized, totalMb } = parseGuestDisks(config, sizes);
    expect(disks.map(({ name, sizeMb }) => [name, sizeMb])).toEqual([
      ['scsi0', 512],
      ['scsi1', 1024],
    ]);
    expect(unsized.map(({ name }) => name)).toEqual(['scsi2']);
    expect(totalMb).toBe(1536);
  });

  it('ignores unused disks and keys that are no disks', () => {
    const config = {
      unused0: 'a:b,size=1G',
      scsihw: 'virtio-scsi-pci',
      scsi: 'a:b,size=1G',
      boot: 'scsi0',
      scsi1: 5,
      ide0: ' ',
    };
    expect(parseGuestDisks(config)).toEqual({ disks: [], unsized: [], totalMb: 0 });
  });

  it('sorts naturally and adds up', () => {
    const names = ['scsi10', 'scsi2', 'ide0', 'rootfs', 'mp1'];
    const { disks, totalMb } = parseGuestDisks(Object.fromEntries(names.map((name) => [name, 'a:b,size=1G'])));
    expect(disks.map((disk) => disk.name)).toEqual(['ide0', 'mp1', 'rootfs', 'scsi2', 'scsi10']);
    expect(totalMb).toBe(5120);
  });

  it('never reports a total that NetBox cannot store', () => {
    expect(parseGuestDisks({ scsi0: 'a:b,size=2P', scsi1: 'a:c,size=2P' }).totalMb).toBe(2_147_483_647);
  });
});

describe('the storage of a guest', () => {
  it.each([
    ['the root of a container', { mp0: 'big:x,size=1G', rootfs: 'ceph:y,size=2G' }, 'ceph'],
    ['the boot disk before others', { scsi1: 'a:x,size=1G', virtio0: 'b:x,size=1G', scsi0: 'c:x,size=1G' }, 'c'],
    ['no CD-ROM', { ide0: 'iso:iso/x.iso,media=cdrom,size=1G', sata3: 'a:x,size=1G' }, 'a'],
    [
      'the first disk where no boot disk is',
      { efidisk0: 'e:x,size=4M', scsi5: 'a:x,size=1G', scsi3: 'b:x,size=1G' },
      'b',
    ],
    ['a disk without a size too', { scsi0: 'a:x' }, 'a'],
    ['no path of the node', { scsi0: '/dev/sdb,size=1G', scsi1: 'a:x,size=1G' }, 'a'],
    ['nothing where there is no disk', { net0: 'virtio=BC:24:11:00:00:01' }, null],
  ])('is %s', (_, config, storage) => {
    expect(bootStorage(config)).toBe(storage);
  });
});
