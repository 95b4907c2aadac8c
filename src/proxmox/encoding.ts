/** Query string or form body as Proxmox reads it: booleans are 1 and 0, lists repeat the key, null is left out. */

export type Parameters = Readonly<Record<string, ParameterValue | readonly ParameterValue[]>>;
type ParameterValue = string | number | boolean | null | undefined;

export function formText(parameters: Parameters): string {
  const text = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    for (const item of isList(value) ? value : [value]) {
      if (item !== null && item !== undefined)
        text.append(key, typeof item === 'boolean' ? (item ? '1' : '0') : String(item));
    }
  }
  return text.toString();
}

function isList(value: Parameters[string]): value is readonly ParameterValue[] {
  return Array.isArray(value);
}
