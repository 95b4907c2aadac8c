import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { defaultTokens } from '../simulator/netbox/index.js';
import { watchNetBox } from './support/arrivals.js';
import {
  expectConvergence,
  expectFailure,
  expectPartial,
  expectTold,
  reasonsOf,
  undisturbed,
} from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const forbidden = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
const machines = /\/api\/virtualization\/virtual-machines\//;
const sidecars = /\/sync-state\/virtual-machines\//;

describe('the token of NetBox', () => {
  let wanted: readonly string[];
  let world: FaultWorld;
  const writes = () => world.netbox.requestLog.filter(({ method }) => method !== 'GET' && method !== 'OPTIONS');

  beforeAll(async () => {
    world = await openFaultWorld({ estate: createEstate({ vms: 5, clusters: 1, seed: 3 }) });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  it('revoked in the middle of the run: the first refusal is the last write', async () => {
    const { tokens } = world.netbox;
    let revokedAt = 0;
    watchNetBox(world.netbox, ({ method, target }) => {
      if (revokedAt > 0 || method !== 'POST' || !target.includes('/storage/')) return;
      revokedAt = writes().length;
      for (const token of tokens.all()) tokens.revoke(token);
    });

    const failed = await world.fullUpdate();

    expectFailure(failed, /netbox_forbidden: .*Invalid v2 token/);
    // The refused write itself, and one try of the same secret as a v1 token.
    expect(writes().length - revokedAt).toBeLessThanOrEqual(1);
    tokens.add({ version: 2, ...defaultTokens.v2 });
    await expectConvergence(world, wanted);
  });

  it('read-only: the run fails at the first object and names the permission', async () => {
    await world.freshNetBox({ tokens: [{ version: 2, ...defaultTokens.v2, write: false }] });
    const { tokens } = world.netbox;

    const failed = await world.fullUpdate();

    expectFailure(failed, /write the tag: .*permission 'add'.*must not be read-only/);
    expect(world.content()).not.toContainEqual(expect.stringContaining('proxbox-discovered'));
    for (const token of tokens.all()) tokens.revoke(token);
    tokens.add({ version: 2, ...defaultTokens.v2 });
    await expectConvergence(world, wanted);
  });

  it('without permission to add sidecars: the machines are written, one warning names the permission', async () => {
    world.netbox.faults.add({ match: { method: 'POST', path: sidecars }, action: forbidden });

    const result = await world.fullUpdate();

    expectPartial(result);
    expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ created: 5, failed: 0 });
    expect(result.complete.result?.kinds['vm-state']).toMatchObject({ created: 0, skipped: 5, failed: 0 });
    expect(result.complete.result?.warnings).toContainEqual(
      expect.objectContaining({ reason: 'forbidden', message: expect.stringContaining('add') as string }),
    );
    expect(writes().filter(({ target }) => sidecars.test(target))).toHaveLength(1);
    await expectConvergence(world, wanted);
  });

  it('without permission to add storages: the other stages go on', async () => {
    world.netbox.faults.add({ match: { method: 'POST', path: /\/proxbox\/storage\// }, action: forbidden });

    const result = await world.fullUpdate();

    expectPartial(result);
    expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ created: 5, failed: 0 });
    expectTold(result, /forbidden.*does not allow the token to write/);
    await expectConvergence(world, wanted);
  });

  it('without permission to see sidecars: no guest is created, because it might exist', async () => {
    world.netbox.faults.add({ match: { method: 'GET', path: sidecars }, action: forbidden });

    const result = await world.fullUpdate();

    expectTold(result, /identity_unreadable/);
    expect(writes().filter(({ target }) => machines.test(target))).toEqual([]);
    await expectConvergence(world, wanted);
  });

  it('without permission to add machines: one attempt, and the failure names the permission', async () => {
    world.netbox.faults.add({ match: { method: 'POST', path: machines }, action: forbidden });

    const result = await world.fullUpdate();

    expectPartial(result);
    expectTold(result, /5 of 5 objects \(virtual machine\).*virtual machine.*permission 'add'/);
    expect(reasonsOf(result)).toContain('forbidden');
    expect(writes().filter(({ target }) => machines.test(target))).toHaveLength(1);
    await expectConvergence(world, wanted);
  });

  it('without permission to change machines: what need not change is counted, what should is failed', async () => {
    await world.fullUpdate();
    const [guest] = world.estate.clusters[0]?.guests.values() ?? [];
    if (guest === undefined) throw new Error('the estate has no guest');
    const { memoryMb } = guest;
    guest.memoryMb = memoryMb * 2;
    world.netbox.faults.add({ match: { method: 'PATCH', path: machines }, action: forbidden });

    const result = await world.fullUpdate();

    expectPartial(result);
    expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ unchanged: 4, failed: 1 });
    expectTold(result, /virtual machine.*permission 'change'/);
    guest.memoryMb = memoryMb;
    await expectConvergence(world, wanted);
  });
});
