/** The seeds of a property that plays a tenth of what the property of truth plays; the variables are those of truth.ts. */
const { PROPERTY_SEED: only, PROPERTY_SEEDS: total = '20', PROPERTY_FIRST: first = '1' } = process.env;

/** The one that is played alone, and reduced to what still fails. */
export const onlySeed = only;

export const seeds =
  only === undefined
    ? Array.from({ length: Math.ceil(Number(total) / 10) }, (_, n) => Number(first) + n)
    : [Number(only)];
