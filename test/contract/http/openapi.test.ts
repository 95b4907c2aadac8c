/** What the API document owes its readers for every operation; that it is true is tried by `npm run test:schema`. */
import { describe, expect, it } from 'vitest';
import { anApp } from '../../component/http/app-fixture.js';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema?: object }>> }>>;
}

async function operations(): Promise<ReadonlyMap<string, Operation>> {
  const { app } = await anApp();
  const document: { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> } = (
    await app.inject('/openapi.json')
  ).json();
  return new Map(
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    ),
  );
}

describe('the API document', () => {
  it('says of every operation what it answers, and that it may be refused or fail', async () => {
    const all = await operations();
    expect(all.size).toBeGreaterThan(190);

    const silent = [...all].filter(([, { responses }]) => {
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      const isTold = good.every(
        ([status, { content = {} }]) => status === '204' || Object.values(content).every(({ schema }) => schema),
      );
      const hasContent = good.some(([status, { content }]) => status === '204' || content !== undefined);
      return good.length === 0 || !isTold || !hasContent || !('4XX' in responses) || !('5XX' in responses);
    });

    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('requires what is required, and no more', async () => {
    const all = await operations();
    const required = (name: string) =>
      all.get(name)?.parameters?.flatMap((parameter) => (parameter.required === true ? [parameter.name] : []));

    expect(required('GET /sync/individual/disk')?.sort()).toEqual([
      'cluster_name',
      'disk_name',
      'node',
      'type',
      'vmid',
    ]);
    expect(required('GET /virtualization/virtual-machines/orphans/sweep')).toEqual(['run_id']);
    expect(required('GET /full-update')).toEqual([]);
    expect(all.get('POST /auth/keys')?.requestBody?.required).toBe(false);
    expect(all.get('POST /netbox/endpoint')?.requestBody?.required).toBe(true);
  });
});
