/** Whatever a plan holds, its document holds it as text. */
import { expect, it } from 'vitest';
import type { StoredItem } from '../../../src/ledger/types.js';
import { planHtml } from '../../../src/sync/plan-html.js';

const evil = `<script>alert("1")</script>&'`;
const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;';

const item = (changes: Partial<StoredItem>): StoredItem => ({
  ...{ position: 0, stage: evil, kind: evil, key: evil, label: evil, outcome: 'updated', reason: evil, message: evil },
  ...{ netboxId: 7, netboxUrl: evil, endpointId: 1, cluster: evil, node: evil, vmid: 100 },
  changes: [{ field: evil, from: 1, to: 2 }],
  ...changes,
});
const plan = (items: readonly StoredItem[]) => ({
  ...{ id: evil, of: evil, createdAt: '2026-11-30T00:00:00.000Z', expiresAt: '2026-12-01T00:00:00.000Z', items },
  warnings: items.length === 0 ? [] : [{ reason: evil, message: evil }],
});

/** Without the line breaks of its source. */
const flat = (document: string): string => document.replaceAll(/\s*\n\s*/g, '');

it('escapes every text: names, fields, clusters, kinds, reasons and sentences', () => {
  const document = flat(
    planHtml(plan([item({}), item({ outcome: 'deleted', changes: [] }), item({ outcome: 'skipped' })])),
  );

  expect(document).not.toContain('<script');
  expect(document).not.toMatch(/&(?!(amp|lt|gt|quot|#39);)/);
  expect(document).toContain(`<li>Change <strong>${escaped} (VMID 100) (NetBox id 7)</strong>`);
  expect(document).toContain(`<li><code>${escaped}: 1 -&gt; 2</code></li>`);
  expect(document).toContain(`<li>Delete <strong>${escaped} (VMID 100) (NetBox id 7)</strong><ul><li><code>${escaped}`);
  expect(document).toContain(`<h2>Cluster ${escaped}</h2>`);
  expect(document).toContain(`<h3>${escaped}</h3>`);
  expect(document.split(`<li><code>${escaped}</code>: ${escaped}</li>`)).toHaveLength(3);
});

it('says that there is nothing to do', () => {
  const document = planHtml(plan([]));

  expect(document).toContain('<p><strong>Plan: nothing to do.</strong></p>');
  expect(document).not.toContain('Held back');
});
