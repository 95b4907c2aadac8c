/** The numbers of this service in the text format of Prometheus. */
import { z } from 'zod';
import type { Metrics } from '../../metrics/registry.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';

export interface PrometheusDeps {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
}

export function registerPrometheusRoute(app: App, { metrics }: PrometheusDeps): void {
  app.get(
    '/metrics',
    {
      config: { ...answers(z.string(), 'text/plain'), takesBearer: true },
      schema: {
        tags: ['meta'],
        summary: 'Numbers for Prometheus',
        description: 'The API key is taken as `Authorization: Bearer`, too, as Prometheus sends it.',
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
