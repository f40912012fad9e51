import { compareText, QueryError } from '@tributary/sql';
import { LRUCache } from 'lru-cache';
import { commonAncestor, coverPrefixes, distinctPrefixes, type Range } from './cover.ts';

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

export interface ListPage {
  /** In key order. */
  readonly objects: readonly ListedObject[];
  readonly truncated: boolean;
}

/** One ListObjectsV2 request for at most `limit` keys below `prefix` that come after `startAfter`. */
export type ListRequest = (prefix: string, startAfter: string, limit: number) => Promise<ListPage>;

/** S3's own limit. */
const PAGE = 1000;
/** Keys a wanted prefix is taken to need before anything is known. */
const UNKNOWN_DENSITY = 2;
/** With more keys listed for each wanted prefix, each is listed by itself. */
const SPARSE = 50;

/**
 * Lists the objects below many prefixes with few requests in flight at once. Neighbours are listed together below their
 * common ancestor, starting after the keys before the first and stopping past the last. Where a page shows that most of what
 * it holds was not asked for, the rest is listed in parallel smaller ranges, down to single prefixes; the density found is
 * remembered for the next listing of that shape.
 */
export class RangeLister {
  /** Keys listed for each wanted prefix, by ancestor and shape. */
  readonly #density = new LRUCache<string, number>({ max: 1_000 });

  /** Objects of each prefix, in key order. Prefixes inside others get their share of the others' objects. */
  async list(
    prefixes: readonly string[],
    request: ListRequest,
  ): Promise<ReadonlyMap<string, readonly ListedObject[]>> {
    const found = new Map<string, ListedObject[]>();
    const distinct = distinctPrefixes(prefixes);
    if (distinct.length === 0) return found;
    const shape = shapeOf(distinct);
    const known = this.#density.get(shape);
    const density = known ?? UNKNOWN_DENSITY;
    const size = density > SPARSE ? 1 : Math.max(1, Math.floor(PAGE / density));
    const seen = { keys: 0, prefixes: 0 };
    const list = (range: Range) => this.#range(range, density, request, found, seen);
    await all(coverPrefixes(distinct, size).map(list));
    if (seen.prefixes >= 8) {
      const measured = seen.keys / seen.prefixes;
      this.#density.set(shape, known === undefined ? measured : (known + measured) / 2);
    }
    return distinct.length === new Set(prefixes).size ? found : withNested(prefixes, found);
  }

  async #range(
    range: Range,
    density: number,
    request: ListRequest,
    found: Map<string, ListedObject[]>,
    seen: { keys: number; prefixes: number },
  ): Promise<void> {
    let rest = range.prefixes;
    let last = '';
    while (rest.length > 0) {
      const next = rest[0] ?? '';
      const startAfter = compareText(last, next) > 0 ? last : next;
      const expected = Math.ceil(rest.length * density * 1.3) + 32;
      const limit = rest.length === 1 ? PAGE : Math.min(PAGE, expected);
      // Below the ancestor a page would go on past the last prefix.
      const below = rest.length === 1 ? next : range.ancestor;
      const page = await request(below, startAfter, limit);
      const assigned = assign(page.objects, rest, found);
      if (page.truncated && page.objects.length === 0) throw endless(range.ancestor);
      const left = page.truncated ? assigned : [];
      const done = rest.length - left.length;
      if (range.prefixes.length > 1) {
        seen.keys += page.objects.length;
        seen.prefixes += done;
      }
      last = page.objects.at(-1)?.key ?? '';
      rest = left;
      // Another page or two are cheaper one after the other than a fan of requests.
      if (rest.length > 1 && rest.length > 2 * done) {
        const part = rest;
        const sparse = page.objects.length > SPARSE * Math.max(1, done);
        const size = sparse ? 1 : Math.max(1, Math.floor(done * 0.8));
        const parts: Promise<void>[] = [];
        const current = part[0] ?? '';
        for (let at = 0; at < part.length; at += size) {
          const prefixes = part.slice(at, at + size);
          const sub = { ancestor: commonAncestor(prefixes), prefixes };
          const own = at === 0 && last.startsWith(current) ? last : '';
          parts.push(this.#from(sub, own, density, request, found, seen));
        }
        await all(parts);
        return;
      }
    }
  }

  /** A range of which the first prefix is listed up to a key. */
  async #from(
    range: Range,
    last: string,
    density: number,
    request: ListRequest,
    found: Map<string, ListedObject[]>,
    seen: { keys: number; prefixes: number },
  ): Promise<void> {
    const [first, ...others] = range.prefixes;
    if (last === '' || first === undefined) {
      return this.#range(range, density, request, found, seen);
    }
    const rest = { ancestor: commonAncestor(others), prefixes: others };
    let after = last;
    const continued = async () => {
      for (let truncated = true; truncated;) {
        const page = await request(first, after, PAGE);
        if (page.truncated && page.objects.length === 0) throw endless(first);
        assign(page.objects, [first], found);
        after = page.objects.at(-1)?.key ?? after;
        truncated = page.truncated;
      }
    };
    await all([continued(), this.#range(rest, density, request, found, seen)]);
  }
}

/** All end before one's failure is thrown: none goes on unobserved. */
async function all(promises: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Gives objects to their prefixes; answers the prefixes that may have objects after the last one. */
function assign(
  objects: readonly ListedObject[],
  prefixes: readonly string[],
  found: Map<string, ListedObject[]>,
): readonly string[] {
  let index = 0;
  for (const object of objects) {
    let prefix = prefixes[index];
    while (
      prefix !== undefined &&
      !object.key.startsWith(prefix) &&
      compareText(prefix, object.key) < 0
    ) {
      index += 1;
      prefix = prefixes[index];
    }
    if (prefix === undefined) return [];
    if (!object.key.startsWith(prefix)) continue;
    const own = found.get(prefix);
    if (own === undefined) found.set(prefix, [object]);
    else own.push(object);
  }
  return prefixes.slice(index);
}

function endless(prefix: string): QueryError {
  return new QueryError('sourceError', `S3 answers empty pages without end below '${prefix}'.`);
}

/** Ranges of one table with a like number of prefixes in each folder have a like density. */
function shapeOf(prefixes: readonly string[]): string {
  const parents = new Set(
    prefixes.map((prefix) => prefix.slice(0, prefix.lastIndexOf('/', prefix.length - 2))),
  );
  return `${commonAncestor(prefixes)}\0${Math.round(Math.log2(prefixes.length / parents.size))}`;
}

function withNested(
  prefixes: readonly string[],
  found: ReadonlyMap<string, readonly ListedObject[]>,
): ReadonlyMap<string, readonly ListedObject[]> {
  const all = new Map(found);
  for (const prefix of prefixes) {
    if (found.has(prefix)) continue;
    for (let cut = prefix.indexOf('/'); cut >= 0; cut = prefix.indexOf('/', cut + 1)) {
      const outer = found.get(prefix.slice(0, cut + 1));
      if (outer === undefined) continue;
      all.set(
        prefix,
        outer.filter(({ key }) => key.startsWith(prefix)),
      );
      break;
    }
  }
  return all;
}
