import { describe, expect, it } from 'vitest';
import { errorCatalog, type ErrorCode } from '../../../src/errors/catalog.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { errorBody } from '../../../src/http/plugins/error-bodies.js';
import { reasonCodes } from '../../../src/sync/reasons.js';

const codes = Object.keys(errorCatalog) as ErrorCode[];
const bodyOf = (code: ErrorCode) =>
  errorBody(new ProxboxError(code, 'message', { detail: 'detail', where: { endpoint_id: 1 } }), {
    exposeInternalErrors: false,
    redact: (text) => text,
  });
const envelope = ['message', 'detail', 'python_exception'];
const keys = {
  plain: ['detail'],
  reasoned: ['reason', 'detail', 'endpoint_id'],
  envelope,
  upstream: [...envelope, 'reason'],
  internal: envelope,
};

describe('the catalog of errors', () => {
  it.each(codes)('says which keys the answer to %s has', (code) => {
    expect(Object.keys(bodyOf(code))).toEqual(keys[errorCatalog[code].body]);
  });

  it('keeps the details of a bug to itself', () => {
    expect(codes.filter((code) => errorCatalog[code].body === 'internal')).toEqual(['internal']);
    expect(JSON.stringify(bodyOf('internal'))).not.toContain('"detail":"detail"');
  });

  it('knows an answer of a remote side by its row alone', () => {
    for (const code of codes.filter((one) => errorCatalog[one].isRemote)) {
      expect(errorCatalog[code].body).toBe('upstream');
      expect(bodyOf(code)['detail']).toBe(`${code}: detail`);
    }
  });

  it('has a category for frames in every row', () => {
    const withCategory = (category: string) => codes.filter((code) => errorCatalog[code].category === category);

    expect(withCategory('timeout')).toEqual(['netbox_timeout', 'proxmox_timeout']);
    expect(withCategory('authentication')).toEqual(['netbox_forbidden', 'proxmox_unauthorized']);
    expect(withCategory('permission')).toEqual(['proxmox_forbidden']);
    expect(withCategory('rate_limit')).toEqual(['netbox_overwhelmed']);
    expect(withCategory('not_found')).toEqual(['not_found']);
    expect(withCategory('validation')).toEqual(['bad_request', 'netbox_rejected']);
    expect(withCategory('unknown')).toEqual([]);
  });

  it('of warnings names connections and permissions, and takes the rest for a question of data', () => {
    expect(
      (['node_offline', 'endpoint_unreachable', 'privilege_missing', 'forbidden', 'ip_conflict'] as const).map(
        (code) => reasonCodes[code].category,
      ),
    ).toEqual(['connection', 'connection', 'permission', 'permission', 'validation']);
  });
});
