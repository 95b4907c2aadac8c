import { describe, expect, it } from 'vitest';
import { buildClusterViews as buildViews, type SessionSummary } from '../../../../src/sync/plan/cluster-views.js';
import { aNode } from '../../../support/factories/proxmox.js';
import { aSession } from '../../../support/factories/sync.js';

/** Nobody remembers anything. */
const buildClusterViews = (sessions: readonly SessionSummary[]) => buildViews(sessions, new Map());

const nodes = (...names: readonly string[]) => names.map((name) => aNode(name));

describe('grouping endpoints into clusters', () => {
  it('makes one cluster of two endpoints that share a node, owned by the lowest id', () => {
    const { views, warnings } = buildClusterViews([
      aSession({ endpointId: 3, nodes: nodes('pve2', 'pve3') }),
      aSession({ endpointId: 2, nodes: nodes('pve1', 'pve2') }),
    ]);
    expect(
      views.map(({ key, name, endpointIds, owner }) => ({ key, name, endpointIds, owner: owner.endpointId })),
    ).toEqual([{ key: '2', name: 'lab', endpointIds: [2, 3], owner: 2 }]);
    expect(warnings).toEqual([]);
  });

  it('does not depend on the order of the endpoints', () => {
    const sessions = [aSession({ endpointId: 1 }), aSession({ endpointId: 2, name: 'b' }), aSession({ endpointId: 3 })];
    expect(buildClusterViews([...sessions].reverse())).toEqual(buildClusterViews(sessions));
  });

  it('keeps two clusters with one name and different nodes apart, and says that nobody can verify it', () => {
    const { views, warnings } = buildClusterViews([
      aSession({ endpointId: 1, endpointName: 'north' }),
      aSession({ endpointId: 2, endpointName: 'south', nodes: nodes('other1') }),
    ]);
    expect(views.map(({ key }) => key)).toEqual(['1', '2']);
    expect(warnings.map(({ code }) => code)).toEqual(['cluster_unverified']);
    expect(warnings[0]?.message).toContain('"south" and "north"');
  });

  it('keeps a standalone node apart from a cluster of its name', () => {
    const { views } = buildClusterViews([
      aSession({ endpointId: 1, name: 'pve1', nodes: nodes('pve1', 'pve2') }),
      aSession({ endpointId: 2, name: 'pve1', mode: 'standalone', nodes: nodes('pve1') }),
    ]);
    expect(views.map(({ mode }) => mode)).toEqual(['cluster', 'standalone']);
  });

  it('keeps clusters of different names apart although their nodes have the same names', () => {
    expect(buildClusterViews([aSession(), aSession({ endpointId: 2, name: 'b' })]).views).toHaveLength(2);
  });

  it('makes nothing of nothing', () => {
    expect(buildClusterViews([])).toEqual({ views: [], warnings: [] });
  });
});
