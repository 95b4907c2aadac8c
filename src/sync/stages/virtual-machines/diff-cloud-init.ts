/** What of the cloud-init configuration the plugin shows beside a machine. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { parseCloudInit, type CloudInit } from '../../../proxmox/parse/cloud-init.js';
import { cut } from '../../plan/names.js';
import type { SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { type FieldsOf, type RulesOf, type Ref, ref } from '../../types.js';
import type { Prepared } from './types.js';

export interface CloudInitToPlan {
  readonly prepared: Prepared;
  /** Of the machine, for messages. */
  readonly name: string;
  readonly rows: readonly RecordOf<'cloud-init'>[] | undefined;
  readonly options: SyncOptions;
}

const nothing: CloudInit = { ciuser: '', sshkeys: '', ipconfig0: '', sshkeysTruncated: false };

/**
 * The row of a QEMU machine with cloud-init values. A machine that lost them keeps its row, emptied; what an operator
 * prepared in a row (`is_intent`) is not emptied because Proxmox does not have it yet.
 */
export function planCloudInit(builder: PlanBuilder, { prepared, name, rows, options }: CloudInitToPlan): void {
  const { guest, config, key, current, subject } = prepared;
  if (rows === undefined || guest.resource.type !== 'qemu') return;
  const stored = current === undefined ? undefined : rows.find((row) => row.virtual_machine === current.id);
  const values = parseCloudInit(config);
  if (values === null && (stored === undefined || stored['is_intent'] === true)) return;
  builder.add(
    {
      kind: 'cloud-init',
      key,
      label: name,
      fields: cloudInitFields(values ?? nothing, ref('virtual-machine', key)),
      rules: cloudInitRules(options),
      source: subject.source,
    },
    stored,
  );
}

function cloudInitFields(
  { ciuser, sshkeys, ipconfig0, sshkeysTruncated }: CloudInit,
  virtualMachine: Ref<'virtual-machine'>,
): FieldsOf<'cloud-init'> {
  return {
    virtual_machine: virtualMachine,
    ciuser: cut(ciuser, 64),
    sshkeys,
    ipconfig0: cut(ipconfig0, 255),
    sshkeys_truncated: sshkeysTruncated,
    tags: [proxboxTag],
  };
}

function cloudInitRules({ overwrite }: SyncOptions): RulesOf<'cloud-init'> {
  const own = overwrite.overwrite_vm_cloudinit ? 'always' : 'create-only';
  return {
    virtual_machine: 'create-only',
    ciuser: own,
    sshkeys: own,
    ipconfig0: own,
    sshkeys_truncated: own,
    tags: 'create-only',
  };
}
