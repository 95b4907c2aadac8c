/** QEMU machines, containers and templates as NetBox virtual machines, with their sidecars. */
import { tagIds } from '../../../netbox/kinds/values.js';
import { guestLabel } from '../../plan/roster.js';
import { softDeletedTag } from '../../plan/support-objects.js';
import type { RunContext } from '../../run-context.js';
import { defineStage, type Stage } from '../../stage.js';
import type { Outcome } from '../../types.js';
import { collectGuests } from './collect.js';
import { rememberWritten } from './collect-origins.js';
import { planGuests } from './diff.js';

export const virtualMachinesStage = defineStage({
  name: 'virtual-machines',
  title: 'Virtual machines',
  kinds: ['virtual-machine'],
  resources: ['vm', 'vm_template'],
  collect: collectGuests,
  plan: (collected, run) =>
    planGuests(collected, {
      options: run.options,
      supportIds: run.supportIds,
      endpoints: run.endpoints,
      virtualMachineTypes: run.capabilities.virtualMachineTypes,
      hasPlugin: run.capabilities.proxboxPlugin,
      defaultRoles: {
        qemu: run.settings.plugin?.defaultRoleQemu ?? null,
        lxc: run.settings.plugin?.defaultRoleLxc ?? null,
      },
      legacyFields: run.legacyFields.get('virtualization.virtualmachine') ?? new Set(),
      runId: run.runId,
      now: run.now,
      stampEveryRun: run.settings.values.stampEveryRun,
    }),
  remember: ({ guests }, outcomes, run) => rememberWritten(run, guests, outcomes),
  extra: (outcomes, { run }) => ({ restored: outcomes.filter((one) => lostItsMark(one, run.supportIds)).length }),
  discovered: ({ guests }) => ({
    noun: 'virtual machine',
    items: guests.map(({ view, resource }) => ({
      name: guestLabel(resource),
      item_type: resource.type,
      extra: { cluster: view.name, node: resource.node },
    })),
  }),
});

/** A machine whose guest has come back. */
function lostItsMark({ kind, status, why = [] }: Outcome, supportIds: RunContext['supportIds']): boolean {
  const mark = softDeletedTag(supportIds);
  const isIn = (tags: unknown): boolean => mark !== undefined && tagIds(tags).includes(mark);
  if (kind !== 'virtual-machine' || status !== 'updated') return false;
  return why.some(({ field, from, to }) => field === 'tags' && isIn(from) && !isIn(to));
}

/** The same stage for one machine, under the name that its own route has on the wire. */
export const virtualMachineStage: Stage = {
  ...virtualMachinesStage,
  name: 'virtual-machine',
  title: 'Virtual machine',
};
