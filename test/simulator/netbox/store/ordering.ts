import type { Row } from '../types.js';

const natural = new Intl.Collator('en', { numeric: true });

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Order of two raw values: null first, numbers by size, text in natural order ("vm2" before "vm10"). */
const compareValues = (left: unknown, right: unknown): number => {
  if (left === right) return 0;
  if (left === null || left === undefined) return -1;
  if (right === null || right === undefined) return 1;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return natural.compare(asText(left), asText(right));
};

/** How the rows a relation points at are ordered: `(left id, right id)`. */
export type CompareRelated = (field: string) => ((left: unknown, right: unknown) => number) | undefined;

/**
 * A comparison by several fields, `-` in front of one reverses it; equal rows stay apart by id. A relation orders as the
 * rows it points at are ordered.
 */
export const compareRows = (
  fields: readonly string[],
  relatedBy: CompareRelated,
): ((left: Row, right: Row) => number) => {
  const parts = fields.map((field) => {
    const descending = field.startsWith('-');
    const name = descending ? field.slice(1) : field;
    return { name, sign: descending ? -1 : 1, compare: relatedBy(name) ?? compareValues };
  });
  return (left, right) => {
    for (const { name, sign, compare } of parts) {
      const order = compare(left[name], right[name]);
      if (order !== 0) return order * sign;
    }
    return left.id - right.id;
  };
};
