import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf, path, type Api } from '../contract/netbox/target.js';
import { resetNetBox, type RealNetBox } from './harness.js';

const NO_PERMISSION = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };

describe('permissions of a user who may view virtual machines only', () => {
  let target: RealNetBox;
  let api: Api;
  let authorization: string;
  beforeAll(async () => {
    target = await resetNetBox();
    api = apiOf(target);
    authorization = `Token ${target.tokens.viewer}`;
  });

  it('reads what it may and the status page', async () => {
    for (const allowed of [path.vms, '/api/status/'])
      expect(await api.send('GET', allowed, { authorization })).toMatchObject({ status: 200 });
  });

  it.each([[path.sites], [path.vmState], [path.settings], [`${path.settings}runtime/`]])(
    'may not read %s',
    async (collection) => {
      expect(await api.send('GET', collection, { authorization })).toMatchObject(NO_PERMISSION);
    },
  );

  it.each(['POST', 'PATCH', 'DELETE'] as const)('may not %s virtual machines', async (method) => {
    expect(await api.send(method, path.vms, { authorization, body: [{ id: 1, name: 'x' }] })).toMatchObject(
      NO_PERMISSION,
    );
  });

  it('is told by OPTIONS that it may not create what it may view', async () => {
    const viewer = await api.send('OPTIONS', path.vms, { authorization });
    const superuser = await api.send('OPTIONS', path.vms);

    expect(viewer.status).toBe(200);
    expect(viewer.body.actions ?? {}).not.toHaveProperty('POST');
    expect(superuser.body.actions).toHaveProperty('POST');
  });

  it('is refused altogether once the user is inactive', async () => {
    const answer = await api.send('GET', path.vms, { authorization: `Token ${target.tokens.inactiveUser}` });

    expect(answer).toMatchObject({ status: 403, body: { detail: 'User inactive' } });
  });
});
