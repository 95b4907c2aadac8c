import { describeSyncScenarios } from '../../contract/sync/scenarios.js';
import { openSimulated } from './simulated-target.js';

describeSyncScenarios('a sync into the simulated NetBox', (estate) => openSimulated(estate));
