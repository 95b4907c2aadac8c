/** Who gets what NetBox keeps unique, where rows stay, go, move and swap in one run. Pure. */

export interface Claim<Owner> {
  readonly owner: Owner;
  /** The key that the row is to have. */
  readonly wants: string;
  /** The key of the row as it is; undefined: there is none yet. A row that does not get what it wants keeps this one. */
  readonly has: string | undefined;
}

/**
 * The claims that cannot be granted, with who is in the way. A row that stays comes before one that moves or is new; of these
 * the earlier claim counts.
 *
 * @param claims in the order in which they count
 * @param held by key: rows beyond the claims, which stay
 */
export function refusedClaims<Owner>(
  claims: readonly Claim<Owner>[],
  held: ReadonlyMap<string, Owner>,
): ReadonlyMap<Claim<Owner>, Owner> {
  const refused = new Map<Claim<Owner>, Owner>();
  for (let before = -1; before < refused.size;) {
    before = refused.size;
    const taken = new Map(held);
    for (const claim of claims) {
      const stays = refused.has(claim) ? claim.has : claim.has === claim.wants ? claim.wants : undefined;
      if (stays !== undefined) taken.set(stays, claim.owner);
    }
    for (const claim of claims) {
      if (refused.has(claim) || claim.has === claim.wants) continue;
      const inTheWay = taken.get(claim.wants);
      if (inTheWay === undefined) taken.set(claim.wants, claim.owner);
      else refused.set(claim, inTheWay);
    }
  }
  return refused;
}
