import { describe, expect, it } from 'vitest';
import { createSchemaGenerator, type SchemaGeneratorDeps } from '../../../src/proxmox-schema/generator.js';
import type { Transport, TransportOptions } from '../../../src/transport/types.js';
import { logProbe, testClock } from '../db/database-kit.js';

function setUp(addresses: readonly string[] | 'any') {
  const opened: TransportOptions[] = [];
  const createTransport = (options: TransportOptions): Transport => {
    opened.push(options);
    return {
      origin: options.origin,
      send: async () => ({ ok: true, response: { status: 404, statusText: '', headers: {}, text: '' } }),
      close: async () => undefined,
    };
  };
  const deps: Partial<SchemaGeneratorDeps> = {
    clock: testClock(),
    logger: logProbe().logger,
    createTransport,
    outboundGuard: { checkUrl: async () => ({ reason: null, addresses }) },
    stopping: new AbortController().signal,
  };
  const generator = createSchemaGenerator(deps as SchemaGeneratorDeps);
  const sourceUrl = 'http://elsewhere.example/apidoc.js';
  const order = { tag: undefined, sourceUrl, scope: {}, isStored: false, retries: 0, backoffMs: 0 };
  return { opened, generated: generator.generate(order) };
}

describe('a source that a caller names', () => {
  it('is read from the addresses that were checked: the name may have another one a moment later', async () => {
    const { opened, generated } = setUp(['93.184.216.34']);

    await expect(generated).rejects.toMatchObject({ code: 'remote_protocol' });

    expect(opened).toMatchObject([{ origin: 'http://elsewhere.example', addresses: ['93.184.216.34'] }]);
  });

  it('may be an address itself, or the host of a stored endpoint', async () => {
    const { opened, generated } = setUp('any');

    await expect(generated).rejects.toMatchObject({ code: 'remote_protocol' });

    expect(opened).toHaveLength(1);
    expect(opened[0]).not.toHaveProperty('addresses');
  });
});
