/** What must be true of a job of the plugin. */
import { expect } from 'vitest';
import type { PluginJob } from './plugin-worker.js';

interface Stage {
  readonly sync_type: string;
  readonly endpoint_id: string | null;
  readonly result_summary: { readonly ok: boolean; readonly skipped?: boolean; readonly error?: string };
}

export const stagesOf = (job: PluginJob): readonly Stage[] => job.data.proxbox_sync.response.stages;

/** The id that the plugin gave the run; the service writes it beside the virtual machines. */
export const runIdOf = (job: PluginJob): string => job.data.proxbox_sync.params.run_id;

/** Log lines an operator would have to look at. */
export const complaintsOf = (job: PluginJob): readonly string[] =>
  job.log
    .filter(({ level }) => level !== 'info' && level !== 'debug')
    .map(({ level, message }) => `${level}: ${message}`);

/** The job ended well and nothing in its log is a warning: neither from its preparations nor from a stage. */
export function expectCompleted(job: PluginJob): void {
  expect(complaintsOf(job)).toEqual([]);
  expect(job, job.error).toMatchObject({ status: 'completed', error: '' });
}

/** Each of the stages ran once for each of the endpoints, in this order, and ended well; no other did. */
export function expectStages(job: PluginJob, types: readonly string[], endpointIds: readonly number[]): void {
  const stages = stagesOf(job);
  expect(stages).toHaveLength(types.length * endpointIds.length);
  for (const id of endpointIds) {
    const own = stages.filter(({ endpoint_id }) => Number(endpoint_id) === id);
    expect(own.map(({ sync_type, result_summary }) => [sync_type, result_summary.ok])).toEqual(
      types.map((type) => [type, true]),
    );
  }
}
