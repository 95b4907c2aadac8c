/** What the routes of both kinds of endpoints share. */
import { z } from 'zod';
import { integerField } from '../query-fields.js';

/** Without `limit` every row: the plugin reads only one page. */
export const ListWindow = z.object({
  offset: integerField({ min: 0 }).optional(),
  limit: integerField({ min: 1, max: 100 }).optional(),
});

export const Deleted = z.object({ message: z.string() });
