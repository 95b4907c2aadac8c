import { ApiError } from '../api-error.js';
import type { Route } from '../route.js';
import { placeOf } from '../route.js';

const audit = { at: '/', all: ['Sys.Audit'] } as const;

export const backupJobRoutes: readonly Route[] = [
  { method: 'GET', path: '/cluster/backup', permission: audit, handler: ({ cluster }) => cluster.backupJobs },
  {
    method: 'GET',
    path: '/cluster/backup/{id}',
    permission: audit,
    handler: (call) => {
      const id = placeOf(call, 'id');
      const job = call.cluster.backupJobs.find((candidate) => candidate['id'] === id);
      if (job === undefined) throw new ApiError(400, 'Parameter verification failed.', { id: `No such job '${id}'` });
      // Only the list says when it runs next.
      return Object.fromEntries(Object.entries(job).filter(([key]) => key !== 'next-run'));
    },
  },
];
