/** What the routes about plans answer, for the API document. */
import { z } from 'zod';
import { Item, Run, Stage } from './run-bodies.js';

export const Plan = Run.extend({
  plan_of: z.string().describe('full-update, or the name of a stage'),
  query: z.looseObject({}),
  expires_at: z.string(),
  is_expired: z.boolean(),
  drift: z.number().describe('How many changes it has'),
});
export const WholePlan = Plan.extend({
  stages: z.array(Stage),
  changes: z.array(Item).describe('With what is left out, and why'),
  next_cursor: z.number().nullable(),
});
