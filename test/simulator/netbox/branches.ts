import { ApiFailure } from './failures.js';
import type { Store } from './store/store.js';

/** Branches of netbox-branching: each is a copy of main, made when it is first used. */
export interface Branches {
  /** The store a request works on. Throws the 400 for a branch that is not there. */
  storeFor(header: string | undefined): Store;
  /** Requests that named a branch although the branching plugin is not installed; NetBox ignores the header. */
  readonly ignored: number;
}

export const createBranches = (main: Store, installed: boolean): Branches => {
  const branches = new Map<string, Store>();
  let ignored = 0;
  return {
    get ignored() {
      return ignored;
    },
    storeFor: (header) => {
      if (header === undefined || header === '') return main;
      if (!installed) {
        ignored += 1;
        return main;
      }
      if (!/^[a-z0-9]{8}$/.test(header)) throw new ApiFailure(400, 'Invalid branch identifier');
      const known = branches.get(header) ?? main.copy();
      branches.set(header, known);
      return known;
    },
  };
};
