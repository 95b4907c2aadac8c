import type { NetBoxSimulator } from '../../simulator/netbox/index.js';
import type { ProxmoxSimulator } from '../../simulator/proxmox/index.js';

/** A pattern that matches nothing and tells of everything it is shown: fault rules are asked about every request. */
class Watcher extends RegExp {
  readonly #seen: (target: string) => void;

  constructor(seen: (target: string) => void) {
    super('(?!)');
    this.#seen = seen;
  }

  override test(target: string): boolean {
    this.#seen(target);
    return false;
  }

  override [Symbol.search](target: string): number {
    this.#seen(target);
    return -1;
  }
}

export interface Arrival {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** From 1, counted since the watch began. */
  readonly count: number;
}

/** Calls `seen` for every request before it is carried out, until `faults.clear()`. Add it before other faults. */
export function watchNetBox(netbox: NetBoxSimulator, seen: (arrival: Arrival) => void): void {
  let count = 0;
  const path = new Watcher((target) => {
    count += 1;
    seen({ method: netbox.requestLog.at(-1)?.method ?? '', target, count });
  });
  netbox.faults.add({ match: { path }, action: { delayMs: 0 } });
}

export function watchProxmox(proxmox: ProxmoxSimulator, seen: (target: string, count: number) => void): void {
  let count = 0;
  const path = new Watcher((target) => seen(target, (count += 1)));
  proxmox.faults.add({ match: { path }, action: { delayMs: 0 } });
}
