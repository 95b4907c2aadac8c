/** What operators have done, and that it is still so. */
import type { NetBoxSimulator } from '../simulator/netbox/index.js';

export type Row = ReturnType<NetBoxSimulator['state']['objects']>[number];
export type Values = Readonly<Record<string, unknown>>;

/** Values that are the operator's from now on. */
export interface Kept {
  readonly path: string;
  readonly id: number;
  readonly values: Values;
  /** Id of a tag that stays on it. */
  readonly tag?: number;
  /** Id of a tag that does not come back. */
  readonly without?: number;
  /** What ends it, beside a later edit: the value points at what is somewhere else by now. */
  readonly isOver?: (state: NetBoxSimulator['state']) => boolean;
}

/** Of an object, such as the custom fields, the operator set some keys. */
function holds(stored: unknown, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return stored === value;
  return Object.entries(value).every(([key, item]) => Object(stored)[key] === item);
}

/**
 * Sentences about what is not as the operator left it. A later edit of the same value counts. What carries operator data is
 * never removed, also where what it stands for is gone from Proxmox.
 */
export function lostEdits({ state }: NetBoxSimulator, kept: readonly Kept[]): string[] {
  return kept.flatMap(({ path, id, values, tag, without, isOver }, index) => {
    const row = state.find(path, (one) => one.id === id);
    if (row === undefined) return [`${path} ${id} is gone, with ${JSON.stringify(values)}`];
    if (isOver?.(state) === true) return [];
    const later = kept.slice(index + 1).filter((other) => other.path === path && other.id === id);
    const isLater = (field: string): boolean => later.some((other) => field in other.values);
    const lost = Object.entries(values).filter(([field, value]) => !isLater(field) && !holds(row[field], value));
    const tags = Array.isArray(row['tags']) ? (row['tags'] as number[]) : [];
    return [
      ...lost.map(
        ([field, value]) => `${path} ${id}: ${field} was ${JSON.stringify(value)}, is ${JSON.stringify(row[field])}`,
      ),
      ...(tag === undefined || tags.includes(tag) ? [] : [`${path} ${id} lost its tag`]),
      ...(without === undefined || !tags.includes(without) ? [] : [`${path} ${id} has a tag again that was taken off`]),
    ];
  });
}

/** Without what was on rows that the operator deleted. */
export function stillThere({ state }: NetBoxSimulator, kept: readonly Kept[]): readonly Kept[] {
  return kept.filter(({ path, id }) => state.find(path, (one) => one.id === id) !== undefined);
}
