/** The handshakes of RFB, byte by byte. */
import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../../src/console/byte-stream.js';
import { letIn, logIn, vncAnswer } from '../../../src/console/rfb.js';

/** A side that has said these bytes already; `sent` is what it was told. */
function scripted(...said: readonly (string | readonly number[])[]): ByteStream & { readonly sent: Buffer[] } {
  let left = Buffer.concat(said.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.from(one))));
  const sent: Buffer[] = [];
  const read = async (length: number): Promise<Buffer> => {
    if (left.length < length) throw new Error('The script has ended.');
    const bytes = left.subarray(0, length);
    left = left.subarray(length);
    return bytes;
  };
  return {
    sent,
    read,
    readByte: async () => (await read(1))[0]!,
    send: (bytes) => void sent.push(bytes),
    release: () => left,
  };
}

const version = 'RFB 003.008\n';

describe('the answer to a challenge', () => {
  it('is DES with mirrored bits: the key 0 of FIPS 81 gives its known answer', () => {
    // All bits of the key 0: DES of eight zeros is 8CA64DE9C1B123A7.
    expect(vncAnswer(Buffer.alloc(16), '').toString('hex')).toBe('8ca64de9c1b123a78ca64de9c1b123a7');
  });

  it('is made with the first eight characters, and with fewer where there are fewer', () => {
    const challenge = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    expect(vncAnswer(challenge, 'PVEVNC:A-and-more')).toEqual(vncAnswer(challenge, 'PVEVNC:A'));
    expect(vncAnswer(challenge, 'PVEVNC:')).not.toEqual(vncAnswer(challenge, 'PVEVNC:A'));
  });

  it('mirrors the bits: a key of 0x80 is one of 0x01, of which DES uses the upper seven', () => {
    expect(vncAnswer(Buffer.alloc(8), '\u0080')).toEqual(vncAnswer(Buffer.alloc(8), ''));
    expect(vncAnswer(Buffer.alloc(8), '\u0001')).not.toEqual(vncAnswer(Buffer.alloc(8), ''));
  });
});

describe('logging in at Proxmox', () => {
  const challenge = Array.from({ length: 16 }, (_, n) => n);

  it('chooses the password among the types that are offered, and answers the challenge', async () => {
    const proxmox = scripted(version, [2, 1, 2], challenge, [0, 0, 0, 0], 'more');
    await logIn(proxmox, 'PVEVNC:12');
    expect(Buffer.concat(proxmox.sent)).toEqual(
      Buffer.concat([Buffer.from(version), Buffer.of(2), vncAnswer(Buffer.from(challenge), 'PVEVNC:12')]),
    );
    expect(proxmox.release().toString()).toBe('more');
  });

  it.each([
    ['another protocol', scripted('SSH-2.0-hello', [1, 2])],
    ['no type with a password', scripted(version, [1, 19])],
    ['a refused answer', scripted(version, [1, 2], challenge, [0, 0, 0, 1])],
  ])('fails for %s', async (_what, proxmox) => {
    await expect(logIn(proxmox, 'PVEVNC:12')).rejects.toMatchObject({ code: 'remote_protocol' });
  });
});

describe('letting a browser in', () => {
  it('asks for no password', async () => {
    const browser = scripted(version, [1], [1]);
    await letIn(browser);
    expect(Buffer.concat(browser.sent)).toEqual(Buffer.from([...Buffer.from(version), 1, 1, 0, 0, 0, 0]));
    expect([...browser.release()]).toEqual([1]);
  });

  it.each([
    ['an older protocol', scripted('RFB 003.003\n', [1])],
    ['a type that was not offered', scripted(version, [2])],
  ])('fails for %s', async (_what, browser) => {
    await expect(letIn(browser)).rejects.toMatchObject({ code: 'remote_protocol' });
  });
});
