/** Opens a page of the plugin and says in a row of the table what it shows and what is wrong with it. */
import type { SitePage } from '../netbox/plugin-worker.js';
import type { Seen, TestBrowser } from './browser.js';

export interface PageRow {
  readonly route: string;
  /** Of which sort the object was, where several are opened. */
  readonly object: string;
  readonly view: string;
  /** How many rows its tables have; or what it is instead of a page. */
  readonly shown: string;
  readonly errors: readonly string[];
}

/** What pages say to everybody, whatever happens: no errors. */
const notices: readonly RegExp[] = [
  /^Security notice/,
  /^netbox_bgp is not installed/,
  /^NetBox → Proxmox intent direction/,
  /^Destructive encrypted-secret reset/,
  /^Human confirmation required/,
];
/** What a page says in its text when something is missing behind it. */
const complaint =
  /[^.—]{0,60}\b(Unresolved ID|not[ _]implemented|unavailable|could not|is partial|HTTP [45]\d\d|upgrade proxbox-api|request failed)\b[^.]{0,100}/gi;
/** Long forms explain such words, and the list of this service's operations says what each is for. */
const explains = (route: string): boolean =>
  /\/(settings|overwrite-behavior|ssh-settings|fastapi\/<int:pk>\/openapi)\/$/.test(route);

/** NetBox's own views and forms, which differ in nothing but the object: their status tells enough. */
export const isPlain = ({ route, view }: SitePage): boolean =>
  view.startsWith('netbox.') || /\/(add|edit|import|delete|bulk_\w+)\/$/.test(route);

/** Only what the browser sends by a form, so there is nothing to open. */
export const isButton = ({ methods }: SitePage): boolean => methods !== null && !methods.includes('get');

const titleOf = (title: string): string => title.replace(/ \| NetBox$/, '').trim();

/** Rows where they are the same in every run: which object is the first one of its kind is not. */
function shownBy(route: string, { tables, text }: Pick<Seen, 'tables' | 'text'>): string {
  if (text === '') return 'nothing';
  if (route.includes('<int:pk>') || tables.length === 0) return 'shown';
  const rows = tables.reduce((sum, count) => sum + count, 0);
  return rows === 0 ? 'an empty list' : `${rows} rows`;
}

function errorsOf(route: string, seen: Seen, problems: readonly string[]): readonly string[] {
  const status = seen.status >= 400 ? [`HTTP ${seen.status}: ${seen.text.slice(0, 200)}`] : [];
  const alerts = seen.alerts.filter((text) => !notices.some((notice) => notice.test(text)));
  const said = explains(route) ? [] : [...seen.text.matchAll(complaint)].map(([text]) => text.trim());
  return [...new Set([...status, ...alerts, ...said, ...seen.failures, ...problems.map((text) => `service: ${text}`)])];
}

/** What the browser cannot show: a file, a redirect to another host, an answer without a page. */
async function askFor(browser: TestBrowser, url: string): Promise<Pick<PageRow, 'shown' | 'errors'>> {
  const { status, headers, text } = await browser.ask(url);
  const title = titleOf(/<title>([^<]*)<\/title>/.exec(text)?.[1] ?? '').replace(/\s+/g, ' ');
  if (status >= 400 && status !== 405) return { shown: title, errors: [`HTTP ${status}: ${title}`] };
  if (status === 405) return { shown: 'is posted only', errors: [] };
  if (headers['content-disposition'] !== undefined) return { shown: 'a file', errors: [] };
  if (status >= 300) return { shown: `leads to ${new URL(headers['location']!, 'http://this').host}`, errors: [] };
  return { shown: 'shown', errors: [] };
}

/** @param problems what the service complained of since it was asked last */
export async function visit(
  browser: TestBrowser,
  page: SitePage & { readonly url: string },
  problems: () => readonly string[],
): Promise<PageRow> {
  const { route, object, view, url } = page;
  const row = { route, object, view };
  problems();
  if (isPlain(page)) return { ...row, ...(await askFor(browser, url)) };
  try {
    const seen = await browser.open(url);
    return { ...row, shown: shownBy(route, seen), errors: errorsOf(route, seen, problems()) };
  } catch (error) {
    const { shown, errors } = await askFor(browser, url);
    const isPage = shown !== 'a file' && !shown.startsWith('leads to') && shown !== 'is posted only';
    return { ...row, shown, errors: isPage && errors.length === 0 ? [String(error).split('\n')[0]!] : errors };
  }
}
