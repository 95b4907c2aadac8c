/** Talks to `plugin_worker.py`, the process in which the plugin's own code presses buttons and runs jobs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { variable } from './harness.js';

const Job = z.object({
  id: z.number(),
  /** NetBox's word: completed, errored, failed. */
  status: z.string(),
  error: z.string(),
  log: z.array(z.object({ level: z.string(), message: z.string() })),
  // The plugin's own record of the run, of many shapes.
  data: z.any(),
});

/** A job of the plugin after it ran. */
export type PluginJob = z.infer<typeof Job>;

const Told = z.object({ level: z.string(), message: z.string() });

/** What the plugin's page tells the operator. */
export type Told = z.infer<typeof Told>;

const Reply = z.object({
  key: z.string().optional(),
  job: Job.optional(),
  told: z.array(Told).optional(),
  failure: z.string().optional(),
});
type Reply = z.infer<typeof Reply>;

export interface PluginWorker {
  /** The API key that the plugin has adopted. */
  key(): Promise<string>;
  /** Runs a job that is queued already. */
  run(jobId: number): Promise<PluginJob>;
  /** Presses a button of the plugin's pages and runs the job that this queued. */
  click(path: string, data?: Readonly<Record<string, unknown>>): Promise<PluginJob>;
  /** Presses a button that asks the service at once, without a job. */
  press(path: string): Promise<readonly Told[]>;
  /**
   * `click` in a worker with `DJANGO_ALLOW_ASYNC_UNSAFE`, without which Django refuses the queries that the plugin makes
   * inside its event loop when it syncs selected objects.
   */
  clickAsyncUnsafe(path: string, data: Readonly<Record<string, unknown>>): Promise<PluginJob>;
  /** Queues a sync job with these arguments of the plugin's own `enqueue`, and runs it. */
  enqueue(parameters: Readonly<Record<string, unknown>>): Promise<PluginJob>;
  close(): Promise<void>;
}

/** Starts the process; loading NetBox takes it some seconds, which the first answer waits for. */
export function startPluginWorker(): PluginWorker {
  const script = fileURLToPath(new URL('plugin_worker.py', import.meta.url));
  const child = spawn(variable('NETBOX_TEST_PYTHON'), [script], {
    cwd: variable('NETBOX_TEST_ROOT'),
    env: { ...process.env, NETBOX_ROOT: variable('NETBOX_TEST_ROOT'), DJANGO_SETTINGS_MODULE: 'netbox.settings' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function send(message: object): Promise<Reply> {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(`The plugin's process ended:\n${errors.join('').slice(-4000)}`);
    const reply = Reply.parse(JSON.parse(line.value));
    if (reply.failure !== undefined) throw new Error(`The plugin failed:\n${reply.failure}`);
    return reply;
  }
  async function job(message: object): Promise<PluginJob> {
    return Job.parse((await send(message)).job);
  }

  return {
    key: async () => z.string().parse((await send({ key: true })).key),
    run: (jobId) => job({ run: jobId }),
    click: (path, data = {}) => job({ click: path, data }),
    press: async (path) => z.array(Told).parse((await send({ press: path })).told),
    clickAsyncUnsafe: (path, data) => job({ click: path, data, async_unsafe: true }),
    enqueue: (parameters) => job({ enqueue: parameters }),
    close: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
