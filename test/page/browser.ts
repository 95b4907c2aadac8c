/** A browser on the page of a service, and all that went wrong in it. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { waitLimitMs } from '../support/limits.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Which rules are broken, and by what. */
const runAxe =
  'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))';
const shots = process.env['PAGE_SHOTS'];

export interface Operator {
  readonly page: Page;
  /** Errors of scripts, of the policy of the page, and requests that left it. */
  readonly faults: readonly string[];
  /** Signs in and opens a view, e.g. "#/runs". */
  readonly signIn: (key: string, view?: string) => Promise<void>;
  /** Whoever cannot see, or has no mouse, can use it; a picture is kept where the variable PAGE_SHOTS names a folder. */
  readonly expectGood: (name: string) => Promise<void>;
  close(): Promise<void>;
}

export const openChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: inject('chromium'),
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });

/** Pictures that are looked at: in both colours, and as wide as a desk and a telephone. */
const looks = [
  { colorScheme: 'light', width: 1280, height: 900 },
  { colorScheme: 'dark', width: 1280, height: 900 },
  { colorScheme: 'light', width: 390, height: 844 },
  { colorScheme: 'dark', width: 390, height: 844 },
] as const;

/** @param base address of the service, or of what stands in front of it */
export async function openOperator(
  browser: Browser,
  base: string,
  options: BrowserContextOptions = {},
): Promise<Operator> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(waitLimitMs);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // A status that the page shows is told by the response.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`)) faults.push(`left the service: ${request.url()}`);
  });
  return {
    page,
    faults,
    signIn: async (key, view = '') => {
      await page.goto(`${base}/ui${view}`);
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('navigation').waitFor();
    },
    expectGood: async (name) => {
      const former = page.viewportSize()!;
      for (const { colorScheme, width, height } of looks) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height });
        await page.evaluate(axe);
        const violations = await page.evaluate(runAxe);
        const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        const good = { name, colorScheme, width, violations: [], isTooWide: false };
        expect({ name, colorScheme, width, violations, isTooWide }).toEqual(good);
        if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` });
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(former);
    },
    close: () => context.close(),
  };
}
