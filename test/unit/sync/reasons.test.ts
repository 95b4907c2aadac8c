import { describe, expect, it } from 'vitest';
import { reasonCodes, type ReasonCode } from '../../../src/sync/reasons.js';

const codes = Object.keys(reasonCodes) as ReasonCode[];

describe('the table of reasons', () => {
  it('says for every code what it means and what to do, in sentences that fit into a frame', () => {
    for (const code of codes) {
      const { meaning, remedy } = reasonCodes[code];
      for (const text of [meaning, remedy]) {
        expect(text, code).toMatch(/^[A-Z][\u0020-\u007e]*\.$/);
        expect(text.length, code).toBeLessThanOrEqual(160);
      }
    }
  });

  it('asks nobody to mend what is as it should be, and calls no run complete where somebody has to', () => {
    for (const code of codes) {
      const { concern, isPartial } = reasonCodes[code];
      expect(isPartial && concern === 'informational', code).toBe(false);
    }
  });

  it('never calls a run partial for a privilege that is optional', () => {
    expect(reasonCodes.privilege_optional).toMatchObject({ concern: 'mendable', isPartial: false });
    expect(reasonCodes.backups_not_visible).toMatchObject({ concern: 'mendable', isPartial: false });
  });

  it('calls it partial where an endpoint or node was not read, or a limit held back', () => {
    const partial = codes.filter((code) => reasonCodes[code].isPartial);
    expect(partial).toEqual(expect.arrayContaining(['endpoint_unreachable', 'node_offline', 'delete_limit']));
  });
});
