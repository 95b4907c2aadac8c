/** A browser of NetBox's superuser, and what it sees of a page: its status, what it shows, and all that went wrong on the way. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContextOptions, type Page, type Response } from 'playwright-core';
import { z } from 'zod';
import { seed } from '../netbox/settings.mjs';
import { variable } from '../netbox/harness.js';
import { eventually } from '../support/eventually.js';
import { waitLimitMs } from '../support/limits.js';

const Look = z.object({
  title: z.string(),
  /** Rows of each table. */
  tables: z.array(z.number()),
  /** Texts of whatever is shown as a warning or an error. */
  alerts: z.array(z.string()),
  /** All that the page says, without the menus. */
  text: z.string(),
});

export interface Seen extends z.infer<typeof Look> {
  readonly url: string;
  readonly status: number;
  /** What failed behind the page: requests that were refused or broke, errors of its scripts. */
  readonly failures: readonly string[];
}

export interface TestBrowser {
  /** The page that is looked at; `watch` whatever is done on it. */
  readonly page: Page;
  /** Opens a page and waits until it is quiet; throws where the browser shows none (a file, an empty answer). */
  open(url: string): Promise<Seen>;
  /** Does something on the page and says what is seen then; the status is that of the last document, 0 when none was loaded. */
  watch(action: () => Promise<unknown>): Promise<Seen>;
  /** What is answered to the browser's session, without showing it, and without following where it leads. */
  ask(
    url: string,
  ): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly text: string }>;
  close(): Promise<void>;
}

const lookFile = fileURLToPath(new URL('look.js', import.meta.url));

/** Requests under way, and what became of those that failed. A stream of events never ends and is not waited for. */
function trackRequests(page: Page, base: string) {
  const pending = new Set<object>();
  let failures: string[] = [];
  let documents: Response[] = [];
  const short = (url: string): string => url.replace(base, '').slice(0, 160);
  page.on('request', (request) => {
    if (request.resourceType() !== 'eventsource') pending.add(request);
  });
  page.on('requestfinished', (request) => pending.delete(request));
  page.on('requestfailed', (request) => {
    pending.delete(request);
    const reason = request.failure()?.errorText ?? '';
    // A page that is left ends what it had under way, and a file that is saved is no page.
    if (reason !== 'net::ERR_ABORTED') failures.push(`${request.method()} ${short(request.url())}: ${reason}`);
  });
  page.on('response', (response) => {
    const request = response.request();
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) documents.push(response);
    else if (response.status() >= 400)
      failures.push(`${request.method()} ${short(response.url())}: ${response.status()}`);
  });
  page.on('console', (message) => {
    // What failed to load is told by the response.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      failures.push(`console: ${message.text().slice(0, 300)}`);
  });
  page.on('pageerror', (error) => failures.push(`script: ${error.message.slice(0, 300)}`));
  return {
    pending,
    take: () => {
      const taken = { failures, documents };
      failures = [];
      documents = [];
      return taken;
    },
  };
}

/** Logs in on the page that NetBox has for it. */
async function logIn(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/login/`);
  await page.fill('input[name=username]', 'proxbox');
  await page.fill('input[name=password]', seed.password);
  await page.click('button[type=submit]');
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}

/**
 * @param base address of NetBox, e.g. "http://127.0.0.1:8000"
 * @param options of the browser's context
 */
export async function openBrowser(base: string, options: BrowserContextOptions = {}): Promise<TestBrowser> {
  const look = await readFile(lookFile, 'utf8');
  const browser = await chromium.launch({
    executablePath: variable('BROWSER_TEST_CHROMIUM'),
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
  });
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  context.setDefaultTimeout(waitLimitMs);
  let page = await context.newPage();
  await logIn(page, base);
  let requests = trackRequests(page, base);

  async function quiet(): Promise<void> {
    await eventually(() => {
      if (requests.pending.size > 0) throw new Error(`${page.url()} still loads.`);
    });
  }
  const watch: TestBrowser['watch'] = async (action) => {
    requests.take();
    await action();
    await quiet();
    let seen = Look.parse(await page.evaluate(look));
    // A script that ran after the page was quiet may have asked for more.
    if (requests.pending.size > 0) {
      await quiet();
      seen = Look.parse(await page.evaluate(look));
    }
    const { failures, documents } = requests.take();
    return { ...seen, url: page.url().replace(base, ''), status: documents.at(-1)?.status() ?? 0, failures };
  };
  return {
    get page() {
      return page;
    },
    watch,
    open: async (url) => {
      try {
        return await watch(() => page.goto(`${base}${url}`));
      } catch (error) {
        // The page of its own that Chromium shows then would interrupt the next one.
        await page.close();
        page = await context.newPage();
        requests = trackRequests(page, base);
        throw error;
      }
    },
    ask: async (url) => {
      const answer = await context.request.get(`${base}${url}`, { maxRedirects: 0 });
      return { status: answer.status(), headers: answer.headers(), text: await answer.text() };
    },
    close: () => browser.close(),
  };
}
