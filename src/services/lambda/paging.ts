// Pages of lists that are read whole: markers are opaque to clients, and stay valid when entries come and go.

interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

/** The items after `marker`, at most `limit`. `idOf` orders and is unique. */
export function pageOf<T>(items: readonly T[], idOf: (item: T) => string, marker: string | undefined, limit: number): Page<T> {
  const after = marker === undefined || marker === "" ? undefined : Buffer.from(marker, "base64url").toString();
  const start = after === undefined ? 0 : items.findIndex((item) => idOf(item) === after) + 1;
  // An entry that has gone since: what comes after its place in the order.
  const from = after !== undefined && start === 0 ? items.filter((item) => idOf(item) <= after).length : start;
  const page = items.slice(from, from + limit);
  const last = page.at(-1);
  const more = from + limit < items.length && last !== undefined;
  return { items: page, ...(more && { next: Buffer.from(idOf(last)).toString("base64url") }) };
}
