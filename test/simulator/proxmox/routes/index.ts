import type { Route } from '../route.js';
import { accessRoutes } from './access.js';
import { actionRoutes } from './actions.js';
import { backupJobRoutes } from './backup-jobs.js';
import { consoleRoutes } from './consoles.js';
import { clusterRoutes } from './cluster.js';
import { firewallRoutes } from './firewall.js';
import { guestRoutes } from './guests.js';
import { haRoutes } from './ha.js';
import { indexRoutes } from './indexes.js';
import { metricRoutes } from './metrics.js';
import { nodeRoutes } from './nodes.js';
import { propertyRoutes } from './properties.js';
import { sdnRoutes } from './sdn.js';
import { storageRoutes } from './storage.js';
import { taskRoutes } from './tasks.js';

/** Every path the simulator knows. */
export const routes: readonly Route[] = [
  ...indexRoutes,
  ...accessRoutes,
  ...clusterRoutes,
  ...metricRoutes,
  ...nodeRoutes,
  ...guestRoutes,
  ...storageRoutes,
  ...propertyRoutes,
  ...backupJobRoutes,
  ...taskRoutes,
  ...haRoutes,
  ...firewallRoutes,
  ...sdnRoutes,
  ...actionRoutes,
  ...consoleRoutes,
];
