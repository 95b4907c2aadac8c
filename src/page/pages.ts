/** Lists that are read page by page, by the cursor of the page before. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './api.js';
import { errorOf } from './hooks.js';

export interface Pages<T> {
  readonly rows: readonly T[];
  /** There are more, or may be. */
  readonly hasMore: boolean;
  readonly isBusy: boolean;
  readonly error: Error | undefined;
  /** Reads the next page; nothing where one is being read, or there is none. */
  readonly more: () => void;
  /** Looks anew: for a list that changes at its beginning. */
  readonly again: () => void;
}

/** Of a list to whose end rows are added. */
interface Growth<T> {
  /** Another one whenever rows may have been added. */
  readonly version: number;
  /** Behind which row to go on. */
  readonly cursorOf: (row: T) => number;
}

interface State<T> {
  readonly path: string;
  readonly rows: readonly T[];
  /** Of the next page; undefined: of the first one. */
  readonly cursor: number | null | undefined;
  readonly isBusy: boolean;
  readonly error?: Error;
  /** Of the growth, when the last page was asked for. */
  readonly version: number;
}

type Page<T, Field extends string> = Readonly<Record<Field, readonly T[]>> & { readonly next_cursor: number | null };

const first = <T>(path: string): State<T> => ({ path, rows: [], cursor: undefined, isBusy: false, version: 0 });

/**
 * @param path with a query, even an empty one: `/runs?`
 * @param field of the answer that holds the rows
 */
export function usePages<T>(path: string, field: string, growth?: Growth<T>): Pages<T> {
  // Busy from the beginning: views inside of this one ask for more before the first page is asked for below.
  const [state, setState] = useState(() => ({ ...first<T>(path), isBusy: true }));
  /** What was asked last: answers to anything else come too late. */
  const asked = useRef<State<T> | null>(null);
  const version = useRef(0);
  version.current = growth?.version ?? 0;
  const read = useCallback(
    (from: State<T>): void => {
      const { rows: former, cursor: at } = from;
      const busy = { path: from.path, rows: former, cursor: at, isBusy: true, version: version.current };
      asked.current = busy;
      setState(busy);
      const cursor = at === undefined || at === null ? '' : `&cursor=${at}`;
      ask<Page<T, string>>(`${from.path}${cursor}`).then(
        (page) => {
          if (asked.current !== busy) return;
          const rows = at === undefined ? (page[field] ?? []) : [...former, ...(page[field] ?? [])];
          setState({ ...busy, rows, cursor: page.next_cursor, isBusy: false });
        },
        (error: unknown) => {
          if (asked.current === busy) setState({ ...busy, isBusy: false, error: errorOf(error) });
        },
      );
    },
    [field],
  );
  useEffect(() => read(first(path)), [path, read]);
  useEffect(() => {
    const isAtEnd = state.path === path && !state.isBusy && state.cursor === null;
    if (growth === undefined || !isAtEnd || state.version === growth.version) return;
    const last = state.rows.at(-1);
    read({ ...state, cursor: last === undefined ? undefined : growth.cursorOf(last) });
  });
  const isOfPath = state.path === path;
  const hasMore = !isOfPath || state.cursor !== null;
  return {
    rows: isOfPath ? state.rows : [],
    hasMore,
    isBusy: !isOfPath || state.isBusy,
    error: isOfPath ? state.error : undefined,
    more: () => {
      if (isOfPath && !state.isBusy && hasMore) read(state);
    },
    again: () => {
      if (!state.isBusy) read({ ...state, cursor: undefined });
    },
  };
}
