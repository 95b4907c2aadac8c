import { expect, expectTypeOf, it } from 'vitest';
import type { RunEvent } from '../../../src/sync/events.js';
import { overwriteFlags } from '../../../src/sync/plan/options.js';
import type { MigrationFrame } from '../../../src/verbs/migration-stream.js';

/** The closed set that the plugin compares names with. */
type KnownToPlugin =
  | 'bootstrap_done'
  | 'complete'
  | 'discovery'
  | 'duplicate_name_resolved'
  | 'error'
  | 'error_detail'
  | 'hardware_discovery'
  | 'item_progress'
  | 'migrate_dispatched'
  | 'migrate_failed'
  | 'migrate_progress'
  | 'migrate_succeeded'
  | 'phase_summary'
  | 'progress'
  | 'step'
  | 'substep';

it('emits only event names that the plugin knows (seen by the type check)', () => {
  expectTypeOf<RunEvent['event'] | MigrationFrame['event']>().toExtend<KnownToPlugin>();
});

it('knows the 26 overwrite flags of the plugin, in its order', () => {
  expect(overwriteFlags).toHaveLength(26);
  expect(overwriteFlags[0]).toBe('overwrite_device_role');
  expect(overwriteFlags[10]).toBe('overwrite_vm_proxmox_tags');
  expect(overwriteFlags[25]).toBe('overwrite_ip_address_dns_name');
});
