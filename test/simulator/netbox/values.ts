/** Reading unknown values, and writing them the way Python would in a message. */

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

export const asIds = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value.filter((entry): entry is number => typeof entry === 'number') : [];

/** `repr()` of plain data. */
export const repr = (value: unknown): string => {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (isRecord(value))
    return `{${Object.entries(value)
      .map(([key, entry]) => `${repr(key)}: ${repr(entry)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
};

/** `str()` of plain data. */
export const pythonText = (value: unknown): string => (typeof value === 'string' ? value : repr(value));

/** `type(x).__name__` of plain data. */
export const pythonType = (value: unknown): string => {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return Array.isArray(value) ? 'list' : 'dict';
};

export const capitalFirst = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1);
