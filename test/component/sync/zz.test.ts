import { it } from 'vitest';
import { createEstate } from '../../../src/simulator/estate/index.js';
import { sync } from '../../contract/sync/target.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated } from './simulated-target.js';
it('x', async () => {
  const estate = createEstate({ vms: 40, clusters: 1, nodesPerCluster: 4, seed: 1 });
  const clock = createSteppedClock();
  const target = await openSimulated(estate, { clock });
  await sync(target);
  const log = async (name: string, at: string) => {
    clock.step(3_600_000);
    target.simulator.resetCounters();
    await sync(target, at);
    console.log(name + '\n' + target.simulator.requestLog.map(({ method, target: t }) => `${method} ${t.replace(/fields=[^&]*/, 'F').slice(0, 150)}`).join('\n'));
  };
  const { id } = target.simulator.state.objects('virtualization/virtual-machines')[0]!;
  await log('ONE', `/virtualization/virtual-machines/${id}/create/stream`);
  await log('FULL', '/full-update/stream');
  await target.close();
}, 120_000);
