/** Finds objects of a batch again in NetBox by the natural key of their kind. */
import { typeOf, type FieldType } from '../../netbox/kinds/fields.js';
import { fieldSpec, kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import type { NaturalKey } from '../../netbox/kinds/kind.js';
import { equalValues, normalise, textOf } from '../../netbox/kinds/values.js';
import type { FindExisting, JsonObject, NetBoxRecord } from '../../netbox/types.js';

/** The look-up for a kind; undefined for kinds without a natural key. NetBox ignores unknown filters: rows are verified. */
export function finderOf(kind: ObjectKind): FindExisting | undefined {
  const { natural } = kindDefinition(kind);
  return natural === null ? undefined : finderBy(kind, natural);
}

/** The look-up for whoever is in the way, where not every row with such a natural key is taken for the object. */
export function rivalFinderOf(kind: ObjectKind): FindExisting | undefined {
  const { natural } = kindDefinition(kind);
  if (natural?.isOurs === undefined) return undefined;
  return finderBy(kind, { ...natural, isOurs: () => true });
}

function finderBy(kind: ObjectKind, natural: NaturalKey): FindExisting {
  const { path, query = {} } = kindDefinition(kind);
  const [asked] = natural.fields;
  const filter = filterOf(kind, natural);
  return async (bodies, client) => {
    const values = bodies.flatMap((body) => {
      const value = normalise(typeOfField(kind, asked), body[asked]);
      return (typeof value === 'string' && value !== '') || typeof value === 'number' ? [value] : [];
    });
    const rows = await client.listByValues(path, filter, [...new Set(values)], query, { cache: 'bypass' });
    return bodies.map((body) => rows.find((row) => isSame(kind, natural, body, row)));
  };
}

/**
 * A line that two bodies of one kind share only if NetBox would refuse the second: used to send an object once. As in SQL,
 * an object with an empty value in its natural key equals no other; then the plan's own key tells them apart.
 */
export function creationKey(kind: ObjectKind, key: string, body: JsonObject): string {
  const { natural } = kindDefinition(kind);
  const values = (natural?.fields ?? []).map((field) => {
    const value = normalise(typeOfField(kind, field), body[field]);
    return field === natural?.anyCase && typeof value === 'string' ? value.toLowerCase() : value;
  });
  const isWhole = values.length > 0 && values.every((value) => value !== null && value !== '');
  return isWhole ? JSON.stringify(values) : key;
}

function filterOf(kind: ObjectKind, { fields: [asked], anyCase, filter }: NaturalKey): string {
  if (filter !== undefined) return filter;
  if (asked === anyCase) return `${asked}__ie`;
  return typeOfField(kind, asked) === 'relation' ? `${asked}_id` : asked;
}

function isSame(kind: ObjectKind, natural: NaturalKey, body: JsonObject, row: NetBoxRecord): boolean {
  const hasSameKey = natural.fields.every((field) => {
    const type = typeOfField(kind, field);
    if (field !== natural.anyCase) return equalValues(type, row[field], body[field]);
    return lower(type, row[field]) === lower(type, body[field]);
  });
  return hasSameKey && natural.isOurs?.(body, row) !== false;
}

function lower(type: FieldType, value: unknown): string {
  return textOf(normalise(type, value)).toLowerCase();
}

/** Natural keys name declared fields only: `kind` in netbox/kinds refuses others when it is compiled. */
function typeOfField(kind: ObjectKind, field: string): FieldType {
  const spec = fieldSpec(kind, field);
  return spec === undefined ? 'text' : typeOf(spec);
}
