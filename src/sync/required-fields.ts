/** Custom fields in which NetBox wants a value that only an operator can give: what lacks one is not sent in vain. */
import type { ObjectKind } from '../netbox/kinds/index.js';
import { modelOf } from '../netbox/kinds/models.js';
import type { NetBoxRecord } from '../netbox/types.js';
import { textOf } from '../netbox/kinds/values.js';
import { isObject } from '../values/plain-object.js';

/** As NetBox taught it by refusing an object, in this run or an earlier one. It asks of its objects, whatever part of one is written. */
export class RequiredFields {
  /** By model. */
  readonly #learned = new Map<string, Set<string>>();

  /** Those that NetBox is to be asked about when a run begins. */
  names(): readonly string[] {
    return [...new Set([...this.#learned.values()].flatMap((fields) => [...fields]))].sort();
  }

  /** Forgets what NetBox does not ask for any more. `rows`: all custom fields with such names. */
  review(rows: readonly NetBoxRecord[]): void {
    const isAsked = (model: string, name: string): boolean =>
      rows.some((row) => row['name'] === name && isRequired(row) && objectTypesOf(row).includes(model));
    for (const [model, fields] of this.#learned)
      for (const name of fields) if (!isAsked(model, name)) fields.delete(name);
  }

  learn(kind: ObjectKind, field: string): void {
    const model = modelOf(kind);
    this.#learned.set(model, (this.#learned.get(model) ?? new Set()).add(field));
  }

  /** The first field that an object with these custom fields would be refused for. */
  missing(kind: ObjectKind, customFields: unknown): string | undefined {
    const values = isObject(customFields) ? customFields : {};
    return [...(this.#learned.get(modelOf(kind)) ?? [])].find((name) => isEmpty(values[name]));
  }
}

/** `app.model` of the kinds that a custom field belongs to. */
export function objectTypesOf({ object_types: types }: NetBoxRecord): readonly string[] {
  const nameOf = (type: unknown): string =>
    isObject(type) ? `${textOf(type['app_label'])}.${textOf(type['model'])}` : textOf(type);
  return Array.isArray(types) ? types.map(nameOf) : [];
}

function isRequired({ required, default: value }: NetBoxRecord): boolean {
  return required === true && isEmpty(value);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
