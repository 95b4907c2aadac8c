import { describe, expect, it } from 'vitest';
import { precedes } from '../../../../src/netbox/kinds/order.js';
import { sideBySide } from '../../../../src/sync/executor/side-by-side.js';
import type { ObjectKind } from '../../../../src/netbox/kinds/index.js';

/** In the order of writing. */
const kinds = ['tag', 'cluster', 'cluster-state', 'device', 'device-state', 'virtual-machine'] as const;

interface Seen {
  /** `+kind` when its work began, `-kind` when it ended. */
  readonly events: string[];
  most: number;
}

/** Work that ends when everybody who could begin has begun. */
async function run(width: number, fails?: ObjectKind): Promise<Seen & { readonly error: unknown }> {
  const seen: Seen = { events: [], most: 0 };
  let under = 0;
  const error = await sideBySide(kinds, {
    precedes,
    atOnce: () => width,
    work: async (kind) => {
      seen.events.push(`+${kind}`);
      under += 1;
      seen.most = Math.max(seen.most, under);
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
      seen.events.push(`-${kind}`);
      if (kind === fails) throw new Error(kind);
    },
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { ...seen, most: seen.most, error };
}

describe('kinds side by side', () => {
  it('are written one after another, in the given order, where there is room for one', async () => {
    const { events, most } = await run(1);

    expect(events).toEqual(kinds.flatMap((kind) => [`+${kind}`, `-${kind}`]));
    expect(most).toBe(1);
  });

  it.each([2, 3, 4])('overlap with room for %i, and none begins before what precedes it has ended', async (width) => {
    const { events, most } = await run(width);

    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(width);
    for (const later of kinds)
      for (const earlier of kinds.filter((one) => precedes(one, later)))
        expect(events.indexOf(`-${earlier}`)).toBeLessThan(events.indexOf(`+${later}`));
  });

  it('begin no more after a failure, which is told when what is under way has ended', async () => {
    const { events, error } = await run(4, 'cluster-state');

    expect(error).toEqual(new Error('cluster-state'));
    expect(events).toEqual([
      '+tag',
      '-tag',
      '+cluster',
      '-cluster',
      '+cluster-state',
      '+device',
      '-cluster-state',
      '-device',
    ]);
  });
});
