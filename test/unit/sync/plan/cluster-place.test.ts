/** Where a cluster is and where its devices are put: a table of what stands where. */
import { expect, it } from 'vitest';
import { placeOfCluster } from '../../../../src/sync/plan/cluster-place.js';
import { aCluster, aDevice } from '../../../support/factories/netbox-records.js';

const site = (scope_id: number) => aCluster(1, { scope_type: 'dcim.site', scope_id });
const region = aCluster(1, { scope_type: 'dcim.region', scope_id: 7 });
const nowhere = aCluster(1, { scope_type: null, scope_id: null });

it.each([
  ['a new one, configured', { configured: 5, current: undefined, at: [] }, [5, 5, true]],
  ['a new one, not configured', { configured: null, current: undefined, at: [] }, [99, 99, false]],
  ['at a site', { configured: null, current: site(3), at: [3] }, [3, 3, false]],
  ['configured for where it is', { configured: 3, current: site(3), at: [3, 3] }, [3, 3, true]],
  ['configured for another site, without devices', { configured: 5, current: site(3), at: [] }, [5, 5, true]],
  ['configured for another site than its devices', { configured: 5, current: site(3), at: [3] }, [3, 3, false]],
  ['configured, with devices at two sites', { configured: 5, current: nowhere, at: [5, 6, 6] }, [null, 5, false]],
  ['in a region', { configured: null, current: region, at: [4, 6, 6] }, [null, 6, false]],
  ['in a region, without devices', { configured: null, current: region, at: [] }, [null, 99, false]],
  ['nowhere, without devices', { configured: null, current: nowhere, at: [] }, [99, 99, false]],
  ['nowhere, with all devices at one site', { configured: null, current: nowhere, at: [4, 4] }, [4, 4, false]],
  ['nowhere, with devices at two sites', { configured: null, current: nowhere, at: [6, 4] }, [null, 4, false]],
])('a cluster %s', (_what, { configured, current, at }, [scope, nodeSite, isConfigured]) => {
  const devices = at.map((where, n) => aDevice(n + 1, `pve${n}`, { cluster: { id: 1 }, site: { id: where } }));
  const foreign = aDevice(50, 'other', { cluster: { id: 2 }, site: { id: 8 } });

  const place = placeOfCluster({ name: 'lab', configured, current, devices: [...devices, foreign], own: () => 99 });

  expect(place).toMatchObject({ scope, nodeSite, isConfigured });
  expect(place.warning?.code).toBe(configured === 5 && at.some((one) => one !== 5) ? 'placement_conflict' : undefined);
});
