/** Builds a value at its first use and keeps it; large parts of an estate are never looked at in most tests. */
export function lazy<T>(build: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: build() }).value;
}
