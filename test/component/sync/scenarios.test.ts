import { describeSyncScenarios, sceneGroups } from '../../contract/sync/scenarios.js';
import { openSimulated } from './simulated-target.js';

for (const group of sceneGroups)
  describeSyncScenarios('a sync into the simulated NetBox', (estate) => openSimulated(estate), group);
