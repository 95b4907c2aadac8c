import type { PveProfile } from '../estate/index.js';
import type { Route } from './route.js';

export interface RouteMatch {
  readonly route: Route;
  /** Decoded values of the placeholders. */
  readonly place: Readonly<Record<string, string>>;
}

export type Router = (method: string, path: string, profile: PveProfile) => RouteMatch | undefined;

/** Finds the row of the table for a request; `path` is still percent-encoded. */
export function createRouter(routes: readonly Route[]): Router {
  const buckets = new Map<string, { readonly route: Route; readonly segments: readonly string[] }[]>();
  for (const route of routes) {
    const segments = route.path.split('/');
    const key = `${route.method} ${segments.length}`;
    buckets.set(key, [...(buckets.get(key) ?? []), { route, segments }]);
  }

  return (method, path, profile) => {
    const given = path.split('/').map(decodeSegment);
    for (const { route, segments } of buckets.get(`${method} ${given.length}`) ?? []) {
      if (route.profiles?.includes(profile) === false) continue;
      const place = matchSegments(segments, given);
      if (place !== undefined) return { route, place };
    }
    return undefined;
  };
}

function matchSegments(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const place: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = given[index] ?? '';
    if (!segment.startsWith('{')) {
      if (segment !== value) return undefined;
    } else if (value !== '') {
      place[segment.slice(1, -1)] = value;
    } else {
      return undefined;
    }
  }
  return place;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not percent-encoding: no path of ours, so it is compared as it stands and found nowhere.
    return segment;
  }
}
