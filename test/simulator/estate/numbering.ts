/** Turns running numbers into hardware and network addresses, so that no two guests of an estate share one by accident. */

/** The n-th hardware address under Proxmox's own prefix `BC:24:11`; unique for 16.7 million numbers. */
export function macAddress(n: number): string {
  const hex = (n & 0xffffff).toString(16).padStart(6, '0').toUpperCase();
  return `BC:24:11:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}

/** The n-th host address of 10.0.0.0/8, counted in /24 networks of 250 hosts. */
export function ipv4Address(n: number): string {
  return `10.${Math.floor(n / 62_500) % 250}.${Math.floor(n / 250) % 250}.${(n % 250) + 1}`;
}

/** Address of the gateway in the /24 of `address`. */
export function ipv4Gateway(address: string): string {
  return `${address.slice(0, address.lastIndexOf('.'))}.254`;
}

export function ipv6Address(n: number): string {
  return `2001:db8:${Math.floor(n / 65_536).toString(16)}::${((n % 65_536) + 1).toString(16)}`;
}

/** `pve` + 3 -> `pve3`. Two digits are not padded, so that `pve1` is a prefix of `pve10`, as in real clusters. */
export function numbered(prefix: string, n: number): string {
  return `${prefix}${n}`;
}

/** Deterministic number in [0, 2^32) for a text: a stable "random" value without a generator's state (FNV-1a). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

/** The UUID that stands for a text. */
export function uuidOf(text: string): string {
  const hex = [0, 1, 2, 3].map((n) => hashText(`${text}/${n}`).toString(16).padStart(8, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Root certificate of a cluster that was installed on its first node: two that are called equally have two. */
export function firstRootCa(name: string, nodes: readonly { readonly address: string }[]): string {
  return uuidOf(`${name} ${nodes[0]?.address ?? ''}`);
}
