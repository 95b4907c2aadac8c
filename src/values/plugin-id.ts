/**
 * The name that a pushed endpoint has here: the NetBox plugin stores `<name> (nb:<its own id>)`, which tells which of its
 * rows an endpoint is.
 */

const suffix = / \(nb:(\d+)\)$/;

/** The plugin's number of the endpoint; undefined when the name tells none. */
export function pluginIdOf(name: string): number | undefined {
  const [, digits] = suffix.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The name that the endpoint has in the plugin. */
export function withoutPluginId(name: string): string {
  return name.replace(suffix, '');
}

export function withPluginId(name: string, id: number): string {
  return `${name} (nb:${id})`;
}
