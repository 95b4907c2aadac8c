import { describe, expect, it } from 'vitest';
import { creationRounds } from '../../../../src/sync/executor/creation-rounds.js';
import { objectKey, type Desired } from '../../../../src/sync/types.js';

const address = (key: string, after?: string): Desired<'ip-address'> => ({
  kind: 'ip-address',
  key,
  label: key,
  fields: {},
  rules: {},
  ...(after === undefined ? {} : { after: objectKey('ip-address', after) }),
});
const roundsOf = (...creates: readonly Desired[]) =>
  creationRounds(creates).map((round) => round.map(({ key }) => key));

describe('the requests in which new objects are sent', () => {
  it('are one where none waits for another, and none where there is nothing', () => {
    expect(roundsOf(address('a'), address('b', 'stored'))).toEqual([['a', 'b']]);
    expect(roundsOf()).toEqual([]);
  });

  it('are two where some wait for others', () => {
    expect(roundsOf(address('a'), address('b', 'a'), address('c'), address('d', 'a'))).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ]);
  });
});
