/** Which routes exist, collected while they are registered: for 405 answers and for the table of unbuilt routes. */
import type { FastifyInstance } from 'fastify';

export interface RouteIndex {
  /** True when this method and pattern are registered; parameter names and a trailing slash do not matter. */
  has(method: string, pattern: string): boolean;
  /** The methods that some route offers for this concrete path, sorted. */
  methodsFor(path: string): readonly string[];
}

const withoutSlash = (path: string): string => (path.length > 1 ? path.replace(/\/$/, '') : path);

const shapeOf = (pattern: string): string => withoutSlash(pattern).replace(/:[^/]+/g, ':');

function patternOf(url: string): RegExp {
  const escaped = withoutSlash(url).replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/:[^/]+/g, '[^/]+').replace(/\*/g, '.*')}$`);
}

/** Must be called before the first route is registered. */
export function createRouteIndex(app: FastifyInstance): RouteIndex {
  const methodsByShape = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  app.addHook('onRoute', (route) => {
    // The catch-all of @fastify/cors, which exists only so that preflights reach its hook.
    if (route.url === '*') return;
    const shape = shapeOf(route.url);
    const known = methodsByShape.get(shape) ?? { pattern: patternOf(route.url), methods: new Set<string>() };
    for (const method of [route.method].flat()) known.methods.add(method);
    methodsByShape.set(shape, known);
  });
  return {
    has: (method, pattern) => methodsByShape.get(shapeOf(pattern))?.methods.has(method) === true,
    methodsFor(path) {
      const plain = withoutSlash(path);
      const offered = [...methodsByShape.values()].filter(({ pattern }) => pattern.test(plain));
      return [...new Set(offered.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
}
