/** Talks to `plugin_worker.py`, the process in which the plugin's own code presses buttons and runs jobs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { server, variable } from './harness.js';

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

const Page = z.object({
  status: z.number(),
  /** Where it redirects to. */
  location: z.string().nullable(),
  messages: z.array(z.object({ level: z.string(), text: z.string() })),
  text: z.string(),
});

/** What a browser of the superuser is answered. */
export type PluginPage = z.infer<typeof Page>;

const SitePage = z.object({
  /** Django's name of the URL. */
  name: z.string(),
  /** The pattern, e.g. "/plugins/proxbox/storage/<int:pk>/". */
  route: z.string(),
  /** Null: NetBox holds no object with which it could be opened. */
  url: z.string().nullable(),
  /** Module and class of the view; of a page of NetBox, what the plugin puts into it. */
  view: z.string(),
  model: z.string().nullable(),
  /** Of a view that is a function nobody knows. */
  methods: z.array(z.string()).nullable(),
  /** Of which sort the object is, where several are opened. */
  object: z.string(),
});

/** One page of the plugin with one object. */
export type SitePage = z.infer<typeof SitePage>;

const Reply = z.object({
  pages: z.array(SitePage).optional(),
  jobs: z.array(Job).optional(),
  created: z.array(z.string()).optional(),
  key: z.string().optional(),
  job: Job.optional(),
  page: Page.optional(),
  failure: z.string().optional(),
});
type Reply = z.infer<typeof Reply>;

export interface PluginWorker {
  /** The API key that the plugin has adopted. */
  key(): Promise<string>;
  /** Runs a job that is queued already. */
  run(jobId: number): Promise<PluginJob>;
  /** Runs every job that is queued, as NetBox's worker would. */
  runQueued(): Promise<readonly PluginJob[]>;
  /** Presses a button of the plugin's pages and runs the job that this queued. */
  click(path: string, data?: Readonly<Record<string, unknown>>): Promise<PluginJob>;
  /**
   * `click` in a worker with `DJANGO_ALLOW_ASYNC_UNSAFE`, without which Django refuses the queries that the plugin makes
   * inside its event loop when it syncs selected objects.
   */
  clickAsyncUnsafe(path: string, data: Readonly<Record<string, unknown>>): Promise<PluginJob>;
  /** Every page that the plugin has, from Django's table of URLs; see `plugin_pages.py`. */
  pages(): Promise<readonly SitePage[]>;
  /** Makes one of each row that nobody but operators makes. */
  createOperatorRows(): Promise<void>;
  visit(path: string): Promise<PluginPage>;
  /** Presses a button that queues no job. */
  press(path: string, data?: Readonly<Record<string, unknown>>): Promise<PluginPage>;
  /** Changes these fields on the page of a form and saves it. */
  edit(path: string, data: Readonly<Record<string, unknown>>): Promise<PluginPage>;
  /** Queues a sync job with these arguments of the plugin's own `enqueue`, and runs it. */
  enqueue(parameters: Readonly<Record<string, unknown>>): Promise<PluginJob>;
  close(): Promise<void>;
}

/**
 * Starts the process; loading NetBox takes it some seconds, which the first answer waits for.
 * @param python the variable of the run that names the Python with the plugin
 */
export function startPluginWorker(python: string): PluginWorker {
  const { root } = server();
  const script = fileURLToPath(new URL('plugin_worker.py', import.meta.url));
  const child = spawn(variable(python), [script], {
    cwd: root,
    env: { ...process.env, NETBOX_ROOT: root, DJANGO_SETTINGS_MODULE: 'netbox.settings' },
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
  async function page(message: object): Promise<PluginPage> {
    return Page.parse((await send(message)).page);
  }

  return {
    key: async () => z.string().parse((await send({ key: true })).key),
    run: (jobId) => job({ run: jobId }),
    runQueued: async () => z.array(Job).parse((await send({ queued: true })).jobs),
    click: (path, data = {}) => job({ click: path, data }),
    clickAsyncUnsafe: (path, data) => job({ click: path, data, async_unsafe: true }),
    pages: async () => z.array(SitePage).parse((await send({ pages: true })).pages),
    createOperatorRows: async () => {
      await send({ operator_rows: true });
    },
    visit: (path) => page({ visit: path }),
    press: (path, data = {}) => page({ press: path, data }),
    edit: (path, data) => page({ edit: path, data }),
    enqueue: (parameters) => job({ enqueue: parameters }),
    close: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
