/** `vncproxy` and `termproxy`: a ticket for one console. */
import type { GuestKind } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { ConsoleKind } from '../consoles.js';
import type { Call, Route } from '../route.js';
import { guestAt } from '../route.js';

export const consoleRoutes: readonly Route[] = (['qemu', 'lxc'] as const).flatMap((type) => [
  proxy(type, 'vnc'),
  proxy(type, 'term'),
]);

function proxy(type: GuestKind, kind: ConsoleKind): Route {
  return {
    method: 'POST',
    path: `/nodes/{node}/${type}/{vmid}/${kind}proxy`,
    permission: { at: '/vms/{vmid}', all: ['VM.Console'] },
    parameters: kind === 'vnc' ? { websocket: { type: 'boolean' } } : {},
    handler: (call: Call) => {
      const { vmid, node, config } = guestAt(call, type);
      if (type === 'qemu' && kind === 'term' && config['serial0'] === undefined)
        throw new ApiError(500, 'unable to find a serial interface');
      return call.consoles.issue(kind, { type, vmid, node, user: call.principal.id });
    },
  };
}
