/** A list of any length: only the rows that can be seen are in the document. All rows are of one height. */
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** Rows above and below what is seen, so that quick scrolling and the Tab key find them. */
const spare = 10;

export function LongList<T>({
  rows,
  rowHeight,
  label,
  keyOf,
  onNearEnd,
  children,
}: {
  rows: readonly T[];
  /** In pixels, as the style sheet has it. */
  rowHeight: number;
  label: string;
  keyOf: (row: T) => number;
  /** Called whenever the end of the rows comes into sight. */
  onNearEnd: () => void;
  children: (row: T) => ComponentChildren;
}) {
  const list = useRef<HTMLUListElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: 2 * spare });
  const look = useCallback((): void => {
    if (list.current === null) return;
    const top = -list.current.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / rowHeight) - spare);
    const to = Math.max(from + 2 * spare, Math.ceil((top + innerHeight) / rowHeight) + spare);
    setSeen((former) => (former.from === from && former.to === to ? former : { from, to }));
  }, [rowHeight]);
  // What stands above the list may have become longer.
  useEffect(look);
  useEffect(() => {
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [look]);
  const isNearEnd = seen.to >= rows.length;
  useEffect(() => {
    if (isNearEnd) onNearEnd();
  });
  return (
    <ul class="long" ref={list} aria-label={label} style={{ height: `${rows.length * rowHeight}px` }}>
      {rows.slice(seen.from, seen.to).map((row, index) => (
        <li
          key={keyOf(row)}
          aria-setsize={rows.length}
          aria-posinset={seen.from + index + 1}
          style={{ top: `${(seen.from + index) * rowHeight}px` }}
        >
          {children(row)}
        </li>
      ))}
    </ul>
  );
}
