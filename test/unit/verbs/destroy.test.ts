/** How long a guest may take to stop before it is deleted; by a clock that steps when somebody sleeps. */
import { describe, expect, it } from 'vitest';
import type { GuestPlace, VerbCall } from '../../../src/verbs/types.js';
import { destroyVerb } from '../../../src/verbs/destroy.js';

/** A guest that has stopped after so many looks at it. */
function aGuest(stopsAfter: number) {
  const sent: string[] = [];
  let looks = 0;
  const session = {
    get: async () => {
      looks += 1;
      return { status: looks > stopsAfter ? 'stopped' : 'running' };
    },
    write: async (method: string, path: string) => {
      sent.push(`${method} ${path}`);
      return `${method} ${path}`;
    },
  };
  const place = { session, node: 'pve1', type: 'qemu', vmid: 100, path: 'nodes/pve1/qemu/100' };
  return { sent, place: place as unknown as GuestPlace };
}

function aClock() {
  let ms = 0;
  return {
    monotonicMs: () => ms,
    sleep: async (forMs: number) => {
      ms += forMs;
    },
  };
}

const planned = (stopping = new AbortController().signal) =>
  destroyVerb({ clock: aClock(), stopping }).plan({ body: {} } as VerbCall);

const stop = 'POST nodes/pve1/qemu/100/status/stop';
const destroy = 'DELETE nodes/pve1/qemu/100';

describe('a guest that is to be deleted', () => {
  it.each([1, 2, 60])('is deleted when it has stopped after %i looks', async (looks) => {
    const { sent, place } = aGuest(looks);

    await planned().dispatch(place);

    expect(sent).toEqual([stop, destroy]);
  });

  it('is not deleted when it runs on for a minute', async () => {
    const { sent, place } = aGuest(1_000);

    await expect(planned().dispatch(place)).rejects.toMatchObject({
      code: 'proxmox_dispatch_failed',
      detail: 'qemu 100 was told to stop and is not deleted: it ran on for 60 s.',
    });
    expect(sent).toEqual([stop]);
  });
});
