/** What the route about the pressure on NetBox answers, for the API document and the page. */
import { z } from 'zod';

const OfEndpoint = z.object({
  endpoint_id: z.number(),
  is_overwhelmed: z.boolean().describe('Its last answer said that it has no capacity'),
  width: z.number().describe('Requests at once that it is given now'),
  max_width: z.number().describe('As many as are configured'),
  batch_limit: z.number().nullable().describe('Objects of a bulk request; null: as many as are configured'),
  pause_seconds: z.number().describe('How long it is asked nothing from now on'),
  requests: z.number().describe('Like the following since the start, or since the endpoint was changed'),
  retries: z.number().describe('Requests that were repeated'),
  turned_away: z.number().describe('Answers that said that it has no capacity'),
});
export const NetBoxPressure = z.object({
  active: z.number().describe('Requests under way'),
  waiting: z.number().describe('Requests that wait for their turn'),
  endpoints: z.array(OfEndpoint).describe('Those that were asked since the start'),
});
