/** Which part of a list a client asked for. */
export interface ListWindow {
  readonly offset?: number | undefined;
  /** All rows when absent: the plugin reads only one page. */
  readonly limit?: number | undefined;
}

export function windowOf<T>(rows: readonly T[], window: ListWindow = {}): readonly T[] {
  const offset = window.offset ?? 0;
  return rows.slice(offset, window.limit === undefined ? undefined : offset + window.limit);
}
