/** Live reads of software-defined networks. Nothing is stored; what is stored are the rows of the stage `sdn`. */
import type { ReadDeps } from '../../proxmox-reads/read-endpoints.js';
import { sdnReads, sdnRows } from '../../proxmox-reads/sdn.js';
import type { App } from '../app-type.js';
import { answers, foreignRows } from '../route-document.js';
import { createReadAll, Scope } from './read-scope.js';

export function registerProxmoxSdnRoutes(app: App, deps: ReadDeps): void {
  const readAll = createReadAll(deps);
  for (const [what, read] of Object.entries(sdnReads)) {
    app.get(
      `/proxmox/sdn/${what}`,
      {
        config: answers(foreignRows),
        schema: { tags: ['proxmox'], summary: `Software-defined networks: ${what}`, querystring: Scope },
      },
      async (request, reply) => sdnRows(await readAll(request.query, reply, read)),
    );
  }
}
