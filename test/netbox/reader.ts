/** A reader of docs/with-the-plugin.md, who has nothing but a NetBox without the plugin and a Proxmox. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { makeCertificates } from '../support/certificates.js';
import { apiOf } from '../contract/netbox/target.js';
import { eventually } from '../support/eventually.js';
import { testLimitMs } from '../support/limits.js';
import { pveum, root as rootUser } from '../support/pveum.js';
import { freePort } from '../demo/free-port.js';
import type { Estate } from '../simulator/estate/index.js';
import { startProxmoxSimulators } from '../simulator/proxmox/index.js';
import { openBrowser } from '../browser/browser.js';
import type { Step } from './document-steps.js';
import { startFront } from './front.js';
import { resetNetBoxWithoutPlugin, server, startNetBox, stopNetBox, variable } from './harness.js';
import { openTerminal } from './terminal.js';

export interface Reader {
  /** Does what the page says, and throws where it is not as the page says. */
  take(step: Step): Promise<void>;
  /** Ends what the reader has left running with these words in its commands. */
  end(words: string): Promise<void>;
  close(): Promise<void>;
}

/** Names in angle brackets stand for what only shows when the page is followed. */
const blank = /<([A-Z_]+)>/g;

/** What the page has in brackets, as the reader knows it by now. */
function filled(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(blank, (whole, name: string) => known.get(name) ?? whole);
}

/** Whether the page's text is in what was seen; what stands there in place of names that were not known is learnt. */
function isIn(text: string, seen: string, known: Map<string, string>): boolean {
  const names: string[] = [];
  const pattern = filled(text, known)
    .split(blank)
    .map((part, index) => {
      if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
      names.push(part);
      return '([\\w-]+)';
    })
    .join('');
  const found = new RegExp(pattern).exec(seen);
  names.forEach((name, index) => known.set(name, found?.[index + 1] ?? ''));
  return found !== null;
}

interface World {
  readonly estate: Estate;
  /** For what the reader keeps. */
  readonly folder: string;
}

export async function openReader({ estate, folder }: World): Promise<Reader> {
  const { netbox, environment } = await resetNetBoxWithoutPlugin();
  const { root } = server();
  const api = apiOf(netbox);
  const proxmox = await startProxmoxSimulators(estate, { acl: 'nothing', users: [rootUser] });
  const [simulator] = proxmox.simulators;
  const front = await startFront({
    netbox: new URL(netbox.url),
    files: join(root, 'static'),
    certificate: makeCertificates().selfSigned,
  });
  const port = String(await freePort());
  /** What is elsewhere here than on the page. */
  const here: readonly (readonly [string, string])[] = [
    ['/opt/netbox/venv', environment],
    ['/opt/netbox', root],
    ['/var/lib/proxbox', folder],
    ['8800', port],
    ['443', String(front.port)],
    ['8006', String(simulator!.port)],
  ];
  const [guest] = [...estate.clusters[0]!.guests.values()].filter(({ template }) => !template);
  const known = new Map([
    ['USER', 'proxbox'],
    ['GUEST', guest!.name],
  ]);
  const toHere = (text: string): string =>
    filled(
      here.reduce((moved, [from, to]) => moved.replaceAll(from, to), text),
      known,
    );

  const terminal = openTerminal(process.cwd(), folder, {
    ...process.env,
    HOME: folder,
    NETBOX_ROOT: root,
    // What the registry would give, without asking it.
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: variable('NETBOX_TEST_WHEELS'),
    // The build that `npm ci` ends with has been made for all tests.
    npm_config_ignore_scripts: 'true',
  });
  let browser: Awaited<ReturnType<typeof openBrowser>> | undefined;
  const pageOf = async () => {
    browser ??= await openBrowser(`https://localhost:${front.port}`, { ignoreHTTPSErrors: true });
    return browser.page;
  };

  async function run(commands: string): Promise<string> {
    const lines = commands.split('\n');
    if (!lines.every((line) => line.startsWith('pveum '))) return terminal.run(toHere(commands));
    const answers: string[] = [];
    for (const line of lines) {
      const answer = await pveum(line, simulator!.url);
      const hasValue = typeof answer === 'object' && answer !== null && 'value' in answer;
      // As the command shows it.
      if (hasValue) answers.push(`│ value        │ ${String(answer.value)} │`);
    }
    return answers.join('\n');
  }

  async function open(way: readonly string[]): Promise<void> {
    const page = await pageOf();
    const [menu = '', group = '', entry = '', button] = way;
    const part = page.locator('.navbar-nav > .nav-item.dropdown').filter({
      has: page.getByRole('button', { name: menu, exact: true }),
    });
    const toggle = part.getByRole('button', { name: menu, exact: true });
    if ((await toggle.getAttribute('aria-expanded')) !== 'true') await toggle.click();
    // The entries below the heading, up to the next one.
    const heading = part.getByText(group, { exact: true });
    const row = heading
      .locator('xpath=following-sibling::*')
      .filter({ has: page.getByRole('link', { name: entry, exact: true }) });
    const link = row.first().getByRole('link', { name: button ?? entry, exact: true });
    // The button beside an entry shows when the mouse is over it.
    await row.first().hover();
    const target = await link.getAttribute('href');
    await link.click();
    await page.waitForURL((url) => url.pathname === target);
    await page.waitForLoadState('networkidle');
  }

  async function fill(fields: readonly (readonly [string, string])[]): Promise<void> {
    const page = await pageOf();
    for (const [label, value] of fields) {
      const field = page.getByLabel(label, { exact: true }).first();
      const text = toHere(value);
      if (value === 'on' || value === 'off') await field.setChecked(value === 'on');
      else if ((await field.getAttribute('class'))?.includes('tomselected')) {
        // What is seen of a list of choices stands behind it.
        const box = field.locator('xpath=following-sibling::*[1]');
        await box.click();
        await box.getByRole('option', { name: text, exact: true }).click();
      } else await field.fill(text);
    }
  }

  async function press(name: string): Promise<void> {
    const page = await pageOf();
    // By what is written on it, whatever it is called to those who do not see it.
    const written = page.getByRole('button').filter({ hasText: new RegExp(`^\\s*${name}\\s*$`) });
    await written.first().click();
    await page.waitForLoadState('networkidle');
  }

  /** A job shows its end to whoever looks again; each look takes a thread of NetBox for as long as it tells of the job. */
  async function endOfJob(path: string): Promise<void> {
    const ended = async () => {
      const { body } = await api.get(`/api${path}`);
      if (['pending', 'running'].includes(body.status.value)) throw new Error(`${path} is ${body.status.value}.`);
    };
    await vi.waitFor(ended, { timeout: testLimitMs, interval: 1000 });
  }

  /** What NetBox keeps of a job: how it ended and its log. */
  async function told(path: string): Promise<string> {
    const { body } = await api.get(`/api${path}`);
    const lines = (body.log_entries ?? []).map((entry: unknown) => JSON.stringify(entry));
    return [`${path} ended as ${body.status.value}: ${body.error}`, ...lines].join('\n');
  }

  async function see(text: string): Promise<void> {
    const page = await pageOf();
    const look = async () => {
      const seen = await page.locator('.page-wrapper').innerText();
      if (!isIn(toHere(text), seen, known))
        throw new Error(`The page ${page.url()} does not say "${text}":\n${seen}\n${terminal.output()}`);
    };
    const { pathname } = new URL(page.url());
    if (!pathname.startsWith('/core/jobs/')) return eventually(look);
    try {
      await look();
    } catch {
      await endOfJob(pathname);
      await page.reload();
      await eventually(look).catch(async (error: unknown) => {
        throw new Error(await told(pathname), { cause: error });
      });
    }
  }

  async function doNothing(commands: string): Promise<void> {
    if (!commands.includes('systemctl restart netbox')) return;
    await stopNetBox();
    await startNetBox();
  }

  return {
    async take(step) {
      switch (step.does) {
        case 'run': {
          if (step.staysRunning) {
            terminal.leaveRunning(toHere(step.commands));
            return;
          }
          const printed = await run(step.commands);
          if (step.prints !== null && !isIn(toHere(step.prints), printed, known))
            throw new Error(`"${step.commands}" does not print "${step.prints}":\n${printed}`);
          return;
        }
        case 'configure':
          return appendFile(join(root, 'conf', 'configuration.py'), `\n${step.lines}\n`);
        case 'open':
          return open(step.way);
        case 'fill':
          return fill(step.fields);
        case 'press':
          return press(step.button);
        case 'see':
          return see(step.text);
        case 'nothing':
          return doNothing(step.commands);
      }
    },
    end: (words) => terminal.end(words),
    async close() {
      await browser?.close();
      await terminal.close();
      await front.close();
      await proxmox.close();
    },
  };
}
