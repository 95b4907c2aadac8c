import type { FieldSpec } from '../types.js';

/** Short spellings for the tables of kinds. */

type Options = Omit<FieldSpec, 'type'>;

export const text = (max?: number, options: Options = {}): FieldSpec => ({
  type: 'text',
  ...(max === undefined ? {} : { max }),
  default: options.nullable ? null : '',
  ...options,
});
export const slug = (max: number, options: Options = {}): FieldSpec => ({ type: 'slug', max, ...options });
export const url = (max: number, options: Options = {}): FieldSpec => ({ type: 'url', max, default: '', ...options });
export const integer = (options: Options = {}): FieldSpec => ({ type: 'integer', ...options });
export const decimal = (digits: number, places: number, options: Options = {}): FieldSpec => ({
  type: 'decimal',
  digits,
  places,
  ...options,
});
export const float = (options: Options = {}): FieldSpec => ({ type: 'float', ...options });
export const flag = (initial: boolean | null, options: Options = {}): FieldSpec => ({
  type: 'flag',
  default: initial,
  ...options,
});
export const choice = (choices: Readonly<Record<string, string>>, options: Options = {}): FieldSpec => ({
  type: 'choice',
  choices,
  ...options,
});
export const relation = (to: string, options: Options = {}): FieldSpec => ({ type: 'relation', to, ...options });
export const relations = (to: string, options: Options = {}): FieldSpec => ({
  type: 'relations',
  to,
  default: [],
  ...options,
});
export const count = (to: string, via: string): FieldSpec => ({ type: 'count', to, via });
export const constant = (value: unknown): FieldSpec => ({ type: 'constant', default: value });
export const plain = (type: FieldSpec['type'], options: Options = {}): FieldSpec => ({ type, ...options });
export const computed: FieldSpec = { type: 'computed' };

const tags = relations('extras.tag', { show: 'id url display_url display name slug color' });

/** The keys every object begins with; plugin objects have no `display_url`. */
export const pluginHead = { id: computed, url: computed, display: computed };
export const head = { id: computed, url: computed, display_url: computed, display: computed };
export const times = { created: computed, last_updated: computed };
export const tail = { tags, custom_fields: computed, ...times };

export const integer32 = { min: -2147483648, max: 2147483647 };
export const positive32 = { min: 0, max: 2147483647 };
