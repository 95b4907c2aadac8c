/**
 * What the terminal of the plugin says, in the words of Proxmox's `termproxy`, and the other way round. Pure. Sources: `vm_console.js`
 * of netbox-proxbox 0.0.29, and `pve-xtermjs` (termproxy and its page).
 */

/** As the page of the plugin sends it: rows, then columns. A text that a person types is never so, but a paste may be. */
const resize = /^1:(\d{1,4}):(\d{1,4}):0$/;

/** A frame of the page as one for `termproxy`: columns before rows, and typed text with its length in bytes. */
export function toTermproxy(text: string): string {
  const [, rows, columns] = resize.exec(text) ?? [];
  if (rows !== undefined && columns !== undefined) return `1:${columns}:${rows}:`;
  return `0:${Buffer.byteLength(text)}:${text}`;
}

const data = Buffer.from('d');

/** Output of `termproxy` as the page reads it: behind a `d`. Never a keepalive, whose answer could not be told from a typed 0. */
export function toPage(output: Buffer): Buffer {
  return Buffer.concat([data, output]);
}

/** `termproxy` ends a line on which nothing is said for a while. */
export const keepalive = '2';
/** Every so often, in milliseconds: as Proxmox's own page. */
export const keepaliveMs = 30_000;

/** The first thing that `termproxy` wants to be told. */
export function greeting(user: string, ticket: string): string {
  return `${user}:${ticket}\n`;
}

/** The first thing that `termproxy` says. */
export const accepted = Buffer.from('OK');
