/**
 * The handshakes of RFB 3.8 (RFC 6143, 7.1) on both sides: this service answers the challenge of Proxmox, whose password is the
 * ticket, and tells the browser that no password is wanted. So the ticket never leaves this service.
 */
import { createCipheriv } from 'node:crypto';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { ByteStream } from './byte-stream.js';

const version = Buffer.from('RFB 003.008\n');
const none = 1;
const vncPassword = 2;
const success = 0;

function refused(what: string): ProxboxError {
  return new ProxboxError('remote_protocol', `The screen of the guest cannot be shown: ${what}.`);
}

/** VNC mirrors the bits of each byte of the key. */
function mirrored(byte: number): number {
  let bits = 0;
  for (let n = 0; n < 8; n += 1) if ((byte >> n) & 1) bits |= 0x80 >> n;
  return bits;
}

/**
 * The answer to a challenge of VNC authentication (RFC 6143, 7.2.2): DES with the first eight characters of the password.
 * @param challenge 16 bytes
 */
export function vncAnswer(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8);
  key.write(password, 'latin1');
  for (const [n, byte] of key.entries()) key[n] = mirrored(byte);
  // Three times the same key is single DES, which OpenSSL 3 has no more by itself.
  const des = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false);
  return Buffer.concat([des.update(challenge), des.final()]);
}

/** As a client of Proxmox. @throws ProxboxError `remote_protocol` */
export async function logIn(proxmox: ByteStream, password: string): Promise<void> {
  const greeting = (await proxmox.read(12)).toString('latin1');
  if (!greeting.startsWith('RFB 003.')) throw refused('Proxmox did not greet by RFB 3');
  proxmox.send(version);
  const count = await proxmox.readByte();
  const types = await proxmox.read(count);
  if (!types.includes(vncPassword)) throw refused(`Proxmox offers the security types [${[...types].join(', ')}]`);
  proxmox.send(Buffer.from([vncPassword]));
  proxmox.send(vncAnswer(await proxmox.read(16), password));
  if ((await proxmox.read(4)).readUInt32BE() !== success) throw refused('Proxmox did not accept the ticket');
}

/** As the server of a browser, which is asked for no password. @throws ProxboxError `remote_protocol` */
export async function letIn(browser: ByteStream): Promise<void> {
  browser.send(version);
  const greeting = (await browser.read(12)).toString('latin1');
  if (greeting !== version.toString('latin1')) throw refused('the browser does not speak RFB 3.8');
  browser.send(Buffer.from([1, none]));
  if ((await browser.readByte()) !== none) throw refused('the browser chose another security type');
  browser.send(Buffer.from([0, 0, 0, success]));
}
