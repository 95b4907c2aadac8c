/** What the route about drift answers, for the API document and the page. */
import { z } from 'zod';

const Newest = z.object({
  run_id: z.string(),
  by: z.enum(['preview', 'full-update']).describe('A preview wrote nothing; a full update made the changes'),
  at: z.string().describe('When it ended'),
  changes: z.number().describe('By so many NetBox differed from the endpoint'),
});
const Day = z.object({
  day: z.string().describe('UTC'),
  looks: z.number().describe('How often all of the endpoint was looked at'),
  most: z.number().describe('Changes that one of them found'),
});
export const EndpointDrift = z.object({
  endpoint_id: z.number(),
  newest: Newest,
  days: z.array(Day).describe('The earliest first; a day on which nobody looked is not there'),
});
export const Drift = z.object({
  since: z.string().describe('The first of the days'),
  until: z.string().describe('Today, UTC'),
  endpoints: z.array(EndpointDrift),
});
