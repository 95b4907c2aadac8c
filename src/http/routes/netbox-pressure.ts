/** How NetBox bears what it is asked: what this service holds back of its own accord, and why. */
import type { Strain } from '../../netbox/connection.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';
import { NetBoxPressure } from './netbox-pressure-bodies.js';

export interface NetBoxPressureDeps {
  readonly netboxClients: {
    readonly strains: () => readonly Strain[];
    readonly gate: { readonly active: number; readonly waiting: number };
  };
}

export function registerNetBoxPressureRoutes(app: App, { netboxClients }: NetBoxPressureDeps): void {
  app.get(
    '/netbox/pressure',
    {
      config: answers(NetBoxPressure),
      schema: { tags: ['netbox'], summary: 'How much NetBox is asked at once, and whether it has capacity' },
    },
    async () => {
      const { strains, gate } = netboxClients;
      return { active: gate.active, waiting: gate.waiting, endpoints: strains().map(strainBody) };
    },
  );
}

function strainBody(strain: Strain): object {
  const { endpointId, isOverwhelmed, width, maxWidth, batchSize, pauseMs, counters } = strain;
  return {
    endpoint_id: endpointId,
    is_overwhelmed: isOverwhelmed,
    width,
    max_width: maxWidth,
    batch_limit: batchSize,
    pause_seconds: pauseMs / 1000,
    requests: counters.requests,
    retries: counters.retries,
    turned_away: counters.overwhelmed,
  };
}
