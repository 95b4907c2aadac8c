/** The time zone of a node: the one path of Proxmox' own API that the plugin asks for by its original name. */
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { path } from '../../proxmox/host.js';
import { readEndpoints, type ReadDeps } from '../../proxmox-reads/read-endpoints.js';
import type { App } from '../app-type.js';
import { textField } from '../query-fields.js';

const Params = z.object({ node: textField(255) });
const Query = z.object({
  source: textField(255).optional(),
  /** Name of the stored endpoint. */
  target_name: textField(255),
});
/** As `nodes/{node}/time` answers; seconds since 1970. */
const NodeTime = z.object({ timezone: z.string(), time: z.int(), localtime: z.int() });

/** The plugin reads `timezone` and takes every failure for "unknown". */
export function registerProxmoxNodeTimeRoute(app: App, deps: ReadDeps): void {
  app.get(
    '/proxmox/api2/nodes/:node/time',
    {
      schema: {
        tags: ['proxmox'],
        summary: 'Clock and time zone of a node',
        params: Params,
        querystring: Query,
        response: { 200: NodeTime },
      },
    },
    async ({ params, query }) => {
      const below = path`nodes/${params.node}/time`;
      const scope = { source: query.source, name: query.target_name };
      const { results } = await readEndpoints(scope, (session) => session.get(below), deps);
      const time = NodeTime.safeParse(results[0]);
      if (time.success) return time.data;
      throw new ProxboxError('remote_protocol', `Proxmox answered ${below} with something that is no time.`);
    },
  );
}
