/** Python's own Fernet reads what we wrote, and we read what it wrote; where this machine has Python's `cryptography`. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSecretBox } from '../../../src/security/secret-box.js';
import { Secret } from '../../../src/config/secret.js';

/** As the Python service has it: `enc:` and the token in base64 once more; the key from SHA-256. */
const script = `
import base64, hashlib, json, sys
from cryptography.fernet import Fernet
asked = json.load(sys.stdin)
fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(asked["key"].strip().encode()).digest()))
read = [fernet.decrypt(base64.urlsafe_b64decode(text[4:])).decode() for text in asked["stored"]]
written = ["enc:" + base64.urlsafe_b64encode(fernet.encrypt(text.encode())).decode() for text in asked["texts"]]
json.dump({"read": read, "written": written}, sys.stdout)
`;

/** The first interpreter that has the package: the machine's, or the one of `npm run test:netbox`. */
function python(): string | undefined {
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'proxbox-api-netbox');
  const installed = ((): readonly string[] => {
    try {
      return readdirSync(cache).map((name) => path.join(cache, name, 'bin', 'python'));
    } catch {
      return [];
    }
  })();
  return ['python3', ...installed].find((command) => {
    try {
      execFileSync(command, ['-c', 'import cryptography.fernet'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const command = python();

describe.skipIf(command === undefined)('Fernet of Python', () => {
  it.each(['a key', ' cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=\n'])(
    'reads ours and is read by us, with the key %j',
    (key) => {
      const texts = ['a', 'pässwörd', '🔑'.repeat(300), ' blanks ', '-----BEGIN KEY-----\nabc\n'];
      const box = createSecretBox([new Secret(key)]);
      const stored = texts.map((text) => box.seal(text));
      const input = JSON.stringify({ key, stored, texts });

      const answer: unknown = JSON.parse(execFileSync(command ?? '', ['-c', script], { input, encoding: 'utf8' }));

      const { read, written } = answer as { readonly read: readonly string[]; readonly written: readonly string[] };
      expect(read).toEqual(texts);
      expect(written.map((text) => box.open(text))).toEqual(
        texts.map((value) => ({ kind: 'decrypted', value, isPrimary: true })),
      );
    },
  );
});
