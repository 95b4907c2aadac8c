/** Virtual machines and devices read back from NetBox, as they are there. */
import { z } from 'zod';
import type { NetBoxAccess } from '../../netbox/access.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import { answers, foreignRows } from '../route-document.js';

const tags = ['netbox'];
const lists = [
  ['virtual-machine', '/virtualization/virtual-machines', 'Virtual machines of NetBox'],
  ['device', '/dcim/devices', 'Devices of NetBox'],
] as const;

export function registerNetBoxReadRoutes(app: App, netbox: Pick<NetBoxAccess, 'rows' | 'row'>): void {
  for (const [kind, path, summary] of lists) {
    app.get(path, { config: answers(foreignRows), schema: { tags, summary } }, () => netbox.rows(kind));
  }
  app.get(
    '/virtualization/virtual-machines/:id',
    {
      config: answers(z.looseObject({})),
      schema: { tags, summary: 'One virtual machine of NetBox', params: z.object({ id: integerField({ min: 1 }) }) },
    },
    ({ params: { id } }) => netbox.row('virtual-machine', id),
  );
}
