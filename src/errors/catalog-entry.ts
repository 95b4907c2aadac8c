export interface CatalogEntry {
  readonly status: number;
  /** True when the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

export const entry = (status: number, retryable: boolean, meaning: string, remedy: string): CatalogEntry => ({
  status,
  retryable,
  meaning,
  remedy,
});
