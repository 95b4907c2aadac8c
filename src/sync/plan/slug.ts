/** NetBox slug of a name: lower case, runs of anything outside a-z0-9 become one dash. `empty` when nothing is left. */
export function slugify(text: string, empty: string): string {
  const slug = text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return slug === '' ? empty : slug.slice(0, 100).replace(/-$/, '');
}
