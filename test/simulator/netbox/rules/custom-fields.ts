/** What NetBox asks of definitions of custom fields and of their sets of choices. */
import type { Rule } from './rule.js';
import { refuse } from '../failures.js';
import { choicesOf, complaintAbout, isSelection } from '../input/custom-fields.js';
import type { Row } from '../types.js';
import { asText, isRecord, pythonText, repr } from '../values.js';
import type { Change, World } from '../world.js';

const checkChoiceSet = ({ draft }: Change): void => {
  const isSet = typeof draft['choice_set'] === 'number';
  if (isSelection(draft) && !isSet) refuse('choice_set', 'Selection fields must specify a set of choices.');
  if (!isSelection(draft) && isSet) refuse('choice_set', 'Choices may be set only on selection fields.');
};

const checkRelatedType = ({ draft, kind }: Change): void => {
  const type = asText(draft['type']);
  const isObject = type === 'object' || type === 'multiobject';
  if (isObject && !draft['related_object_type'])
    refuse('related_object_type', 'Object fields must define an object type.');
  if (!isObject && draft['related_object_type'])
    refuse('type', `${kind.fields['type']?.choices?.[type] ?? type} fields may not define an object type.`);
};

const checkDefault = ({ draft, world }: Change): void => {
  const value = draft['default'];
  if (value === null || value === undefined) return;
  const complaint = complaintAbout(world.store, draft, value);
  if (complaint !== undefined) refuse('default', `Invalid default value "${pythonText(value)}": ${complaint}`);
};

/** Objects of these models, with their custom field values changed. */
const rewrite = (world: World, models: readonly unknown[], change: (data: Record<string, unknown>) => void): void => {
  for (const model of models)
    for (const row of world.store.table(asText(model))?.byId() ?? []) {
      const data = isRecord(row['custom_fields']) ? { ...row['custom_fields'] } : {};
      change(data);
      world.store.put(asText(model), row.id, { ...row, custom_fields: data });
    }
};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A custom field keeps its type; objects get its default, and lose their value with it. */
export const customFieldRule: Rule = {
  validate: ({ before, given }) => {
    if (before !== undefined && given['type'] !== undefined && given['type'] !== before['type'])
      refuse('type', 'Changing the type of custom fields is not supported.');
  },
  clean: (change) => {
    checkDefault(change);
    checkChoiceSet(change);
    checkRelatedType(change);
  },
  afterSave: ({ before, world }, row) => {
    const models = listOf(row['object_types']);
    const earlier = listOf(before?.['object_types']);
    const name = asText(row['name']);
    const added = models.filter((model) => !earlier.includes(model));
    if (row['default'] !== null) rewrite(world, added, (data) => (data[name] = row['default']));
    const removed = earlier.filter((model) => !models.includes(model));
    rewrite(world, removed, (data) => Reflect.deleteProperty(data, name));
  },
  afterDelete: (world, row) =>
    rewrite(world, listOf(row['object_types']), (data) => Reflect.deleteProperty(data, asText(row['name']))),
};

const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');

/** The first model with an object that holds this choice in a field of the set. */
const modelWith = (world: World, set: Row, choice: string): string | undefined => {
  const fields = world.store.need('extras.customfield').where('choice_set', set.id);
  return fields
    .flatMap((field) => listOf(field['object_types']).map((model) => ({ field, model: asText(model) })))
    .find(({ field, model }) =>
      (world.store.table(model)?.byId() ?? []).some((row) => {
        const data = row['custom_fields'];
        const value = isRecord(data) ? data[asText(field['name'])] : undefined;
        return value === choice || listOf(value).includes(choice);
      }),
    )?.model;
};

/** A set has choices, each once, and keeps those that objects hold. */
export const choiceSetRule: Rule = {
  validate: ({ given }) => {
    const choices = given['extra_choices'];
    if (choices !== undefined && !(Array.isArray(choices) && choices.every(isPair)))
      refuse('extra_choices', `Expected a list of items but got type ${repr(typeof choices)}.`);
  },
  clean: ({ draft, before, world }) => {
    const choices = listOf(draft['extra_choices']).map((pair) => asText(listOf(pair)[0]));
    if (choices.length === 0) refuse('__all__', 'Must define base or extra choices.');
    const twice = choices.find((choice, index) => choices.indexOf(choice) !== index);
    if (twice !== undefined) refuse('__all__', `Duplicate value '${twice}' found in extra choices.`);
    if (before === undefined) return;
    for (const choice of choicesOf(world.store, before.id).keys()) {
      const model = choices.includes(choice) ? undefined : modelWith(world, before, choice);
      if (model !== undefined)
        refuse('__all__', `Cannot remove choice ${choice} as there are ${model} objects which reference it.`);
    }
  },
};
