/** Every route that the application really has, as its router lists them. */
import type { App } from '../../src/http/app-type.js';

export type Verb = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export interface Route {
  readonly method: Verb;
  /** With `:names` of parameters. */
  readonly pattern: string;
}

export function routesOf(app: App): readonly Route[] {
  const tree = app.printRoutes({ commonPrefix: false, includeHooks: false });
  const routes: Route[] = [];
  const path: string[] = [];
  for (const line of tree.split('\n').filter((text) => text.trim() !== '')) {
    const match = /^([│ ]*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/u.exec(line)!;
    path.length = match[1]!.length / 4;
    path.push(match[2]!);
    const joined = path.join('');
    const pattern = joined === '/' ? joined : joined.replace(/\/$/, '');
    for (const method of (match[3] ?? '').split(', ').filter((text) => text !== ''))
      routes.push({ method: method as Verb, pattern });
  }
  return routes;
}
