// What stands in the sets now, from libnftables' JSON (libnftables-json(5)).

/** Element (as nft writes it: an address, `address/prefix`, `first-last`) to the microseconds that are left; Infinity for good. */
export type Elements = ReadonlyMap<string, number>;

/** The elements of the one set in the answer to `list set`; empty where there is none. */
export function parseSetListing(json: string): Elements {
  const answer = JSON.parse(json) as { nftables?: { set?: { elem?: unknown[] } }[] };
  const listed = answer.nftables?.find((entry) => entry.set !== undefined)?.set?.elem ?? [];
  const elements = new Map<string, number>();
  for (const entry of listed) {
    const { val, expires } = isObject(entry) && isObject(entry['elem']) ? entry['elem'] : { val: entry, expires: undefined };
    elements.set(textOf(val), typeof expires === 'number' ? expires * 1_000_000 : Number.POSITIVE_INFINITY);
  }
  return elements;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isObject(value) && isObject(value['prefix'])) return `${value['prefix']['addr']}/${value['prefix']['len']}`;
  if (isObject(value) && Array.isArray(value['range'])) return value['range'].join('-');
  throw new Error(`an element that nft lists is not understood: ${JSON.stringify(value)}`);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
