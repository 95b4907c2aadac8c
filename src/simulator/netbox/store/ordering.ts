import type { Row } from '../types.js';

const natural = new Intl.Collator('en', { numeric: true });

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Order of two raw values: null first, numbers by size, text in natural order ("vm2" before "vm10"). */
export const compareValues = (left: unknown, right: unknown): number => {
  if (left === right) return 0;
  if (left === null || left === undefined) return -1;
  if (right === null || right === undefined) return 1;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return natural.compare(asText(left), asText(right));
};

/** A comparison by several fields, `-` in front of one reverses it; equal rows stay apart by id. */
export const compareRows = (fields: readonly string[]): ((left: Row, right: Row) => number) => {
  const parts = fields.map((field) => {
    const descending = field.startsWith('-');
    return { name: descending ? field.slice(1) : field, sign: descending ? -1 : 1 };
  });
  return (left, right) => {
    for (const { name, sign } of parts) {
      const order = compareValues(left[name], right[name]);
      if (order !== 0) return order * sign;
    }
    return left.id - right.id;
  };
};
