import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFernetCipher, DecryptError, deriveFernetKey } from '../../../src/security/fernet-cipher.js';
import { createSecretBox } from '../../../src/security/secret-box.js';
import { Secret } from '../../../src/config/secret.js';

/** Fernet after its specification, independent of the package under test. */
function oracle(rawKey: string) {
  const key = createHash('sha256').update(rawKey.trim()).digest();
  const signingKey = key.subarray(0, 16);
  const encryptionKey = key.subarray(16);
  const sign = (data: Buffer): Buffer => createHmac('sha256', signingKey).update(data).digest();
  const padded = (bytes: Buffer): string => {
    const text = bytes.toString('base64url');
    return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  };
  return {
    encrypt(plaintext: string, iv: Buffer, seconds: number): string {
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(seconds));
      const cipher = createCipheriv('aes-128-cbc', encryptionKey, iv);
      const body = Buffer.concat([Buffer.from([0x80]), time, iv, cipher.update(plaintext, 'utf8'), cipher.final()]);
      return padded(Buffer.concat([body, sign(body)]));
    },
    decrypt(token: string): string {
      const bytes = Buffer.from(token, 'base64url');
      const body = bytes.subarray(0, -32);
      if (!sign(body).equals(bytes.subarray(-32))) throw new Error('signature');
      const decipher = createDecipheriv('aes-128-cbc', encryptionKey, body.subarray(9, 25));
      return Buffer.concat([decipher.update(body.subarray(25)), decipher.final()]).toString('utf8');
    },
    stored: (token: string): string => `enc:${padded(Buffer.from(token))}`,
  };
}

const vectors = [
  {
    rawKey: 'round-trip-key',
    derived: 'MghBK4i3l2C9lw1OLSQdd-My9HXcGHLg5ueGOcsYKx0=',
    iv: '000102030405060708090a0b0c0d0e0f',
    plaintext: 'super-secret-password',
    stored:
      'enc:Z0FBQUFBQmxVX0VBQUFFQ0F3UUZCZ2NJQ1FvTERBME9EN1VKNEpweTVfTmNwQjEzSGktbEFlOU1ybm9lSDM4TDNkYWdPb1dUTlNFY3dBUDVKRXY3a20wd19yTk5JRDczTmpOVGZSeGEzV0tpc05kY3lMSzFjcDA9',
  },
  {
    rawKey: 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=',
    derived: '2IostTth701v6JI6iRKdQ3opP2zRqVH_CblPlxqI1YU=',
    iv: '101112131415161718191a1b1c1d1e1f',
    plaintext: 'pässwörd',
    stored:
      'enc:Z0FBQUFBQmxVX0VBRUJFU0V4UVZGaGNZR1JvYkhCMGVId0RXOEpwQ1M0QUQySGxXWHdKX0xYQnhlcnd2Z1dRb05hajVDMElET09UckhjbWc5dUVtUDduT0NEaFFvUi1zb0E9PQ==',
  },
];

const box = (...keys: readonly string[]) => createSecretBox(keys.map((key) => new Secret(key)));

describe('stored secrets', () => {
  it.each(vectors)('reads what Python wrote with $rawKey, years ago', ({ rawKey, derived, iv, plaintext, stored }) => {
    expect(deriveFernetKey(` ${rawKey}\n`)).toBe(derived);
    expect(box(rawKey).open(stored)).toEqual({ kind: 'decrypted', value: plaintext, isPrimary: true });
    const other = oracle(rawKey);
    expect(other.stored(other.encrypt(plaintext, Buffer.from(iv, 'hex'), 1_700_000_000))).toBe(stored);
  });

  it.each(['', 'a', 'sixteen bytes !!', 'pässwörd', '秘密🔑', 'x'.repeat(10_000), ' blanks ', 'line\nend'])(
    'writes what the other implementation reads, and the other way round (%#)',
    (plaintext) => {
      const sealed = box('some key').seal(plaintext);
      const other = oracle('some key');

      expect(sealed).toMatch(/^enc:Z0FBQUFB[A-Za-z0-9_-]+=*$/);
      expect((sealed.length - 4) % 4).toBe(0);
      expect(other.decrypt(Buffer.from(sealed.slice(4), 'base64url').toString())).toBe(plaintext);
      const foreign = other.stored(other.encrypt(plaintext, randomBytes(16), 1));
      expect(box('some key').open(foreign)).toMatchObject({ kind: 'decrypted', value: plaintext });
    },
  );

  it('never has the same text twice', () => {
    const oneBox = box('key');

    const tokens = new Set(Array.from({ length: 50 }, () => oneBox.seal('same')));

    expect(tokens.size).toBe(50);
    const ivs = new Set(
      [...tokens].map((stored) =>
        Buffer.from(Buffer.from(stored.slice(4), 'base64url').toString(), 'base64url')
          .subarray(9, 25)
          .toString('hex'),
      ),
    );
    expect(ivs.size).toBe(50);
  });

  it('may lack the padding and use the other base64 alphabet', () => {
    const { stored } = vectors[1]!;
    const relaxed = stored.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');

    expect(box(vectors[1]!.rawKey).open(relaxed)).toMatchObject({ value: 'pässwörd' });
  });

  it('pass unchanged when they are plain text', () => {
    expect(box('key').open('hunter2')).toEqual({ kind: 'plaintext', value: 'hunter2' });
  });

  it.each([
    ['another key', vectors[0]!.stored],
    ['no base64', 'enc:!!!'],
    ['no token inside', `enc:${Buffer.from('not a token').toString('base64url')}`],
    ['nothing', 'enc:'],
    ['a cut token', vectors[0]!.stored.slice(0, -30)],
  ])('are unreadable with %s', (_case, stored) => {
    expect(box('other key').open(stored)).toEqual({ kind: 'unreadable' });
  });

  it('are unreadable after any byte was changed', () => {
    const { rawKey, stored } = vectors[0]!;
    const token = Buffer.from(Buffer.from(stored.slice(4), 'base64url').toString(), 'base64url');
    for (const position of [0, 3, 12, 30, token.length - 1]) {
      const changed = Buffer.from(token);
      changed[position]! ^= 1;
      const text = `enc:${Buffer.from(changed.toString('base64url')).toString('base64url')}`;
      expect(box(rawKey).open(text).kind, `byte ${position}`).toBe('unreadable');
    }
  });

  it('are read with any key and written with the first', () => {
    const old = box('old').seal('value');
    const both = box('new', 'old');

    expect(both.open(old)).toEqual({ kind: 'decrypted', value: 'value', isPrimary: false });
    expect(both.open(both.seal('value'))).toEqual({ kind: 'decrypted', value: 'value', isPrimary: true });
    expect(box('old').open(both.seal('value'))).toEqual({ kind: 'unreadable' });
  });

  it('cannot be written without a key, and reading keys do not write', () => {
    const readOnly = createSecretBox([], [new Secret('plugin')]);

    expect(() => readOnly.seal('x')).toThrow(RangeError);
    expect(readOnly.hasKey).toBe(false);
    expect(readOnly.open(box('plugin').seal('x'))).toEqual({ kind: 'decrypted', value: 'x', isPrimary: false });
  });
});

describe('the fernet package behind its adapter', () => {
  it('leaves strings as they are for everybody else', () => {
    const keys: string[] = [];
    for (const key in Object('ab') as object) keys.push(key);

    expect(keys).toEqual(['0', '1']);
  });

  it('fails with one kind of error', () => {
    expect(() => createFernetCipher('key').decrypt('gAAAAAnonsense')).toThrow(DecryptError);
  });
});
