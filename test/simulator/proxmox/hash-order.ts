/**
 * The server keeps objects and sets in hashes of Perl, which have no order: keys, members of sets and the rows of some lists come
 * another way in each answer, as recorded from real ones.
 */
import type { Random } from '../estate/index.js';

/** Routes whose rows are the values of a hash. Guests of `cluster/resources` are sorted by their VMID when asked for alone. */
const UNORDERED: ReadonlySet<string> = new Set([
  '/cluster/ha/resources',
  '/cluster/resources',
  '/cluster/status',
  '/nodes',
  '/nodes/{node}/lxc',
  '/nodes/{node}/network',
  '/nodes/{node}/qemu',
  '/nodes/{node}/qemu/{vmid}/snapshot',
  '/nodes/{node}/storage',
  '/storage',
]);

/** Fields whose text is a set of members. */
const SETS: ReadonlySet<string> = new Set(['content', 'exitnodes', 'nodes', 'peers', 'resources', 'rt-import']);

export function inHashOrder(data: unknown, route: string, type: unknown, random: Random): unknown {
  const rows = disordered(data, random, random.int(0, 999_999));
  return Array.isArray(rows) && UNORDERED.has(route) && type !== 'vm' ? shuffled<unknown>(rows, random) : rows;
}

/** Objects of one answer begin at the same `turn` of their keys: objects of many shapes would be slow. */
function disordered(value: unknown, random: Random, turn: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => disordered(item, random, turn));
  const entries: readonly [string, unknown][] = Object.entries(value);
  const turned: Record<string, unknown> = {};
  for (let n = 0; n < entries.length; n += 1) {
    const [key, item] = entries[(n + turn) % entries.length] ?? ['', undefined];
    const isSet = typeof item === 'string' && SETS.has(key);
    turned[key] = isSet ? shuffled(item.split(','), random).join(',') : disordered(item, random, turn);
  }
  return turned;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = items.map((item) => ({ item, at: random.next() }));
  return order.sort((one, other) => one.at - other.at).map(({ item }) => item);
}
