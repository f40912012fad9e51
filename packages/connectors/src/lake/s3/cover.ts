import { compareText } from '@tributary/sql';

/** Wanted prefixes listed together: below their common ancestor, from before the first to past the last. */
export interface Range {
  /** Ends in `/`, or is empty. */
  readonly ancestor: string;
  /** Sorted; none is a prefix of another. */
  readonly prefixes: readonly string[];
}

/**
 * Cuts sorted prefixes into ranges of at most `size`, at the boundaries of folders: what lies between two prefixes of a range
 * is listed too, so a range keeps to one folder unless the folders are small beside `size`.
 */
export function coverPrefixes(prefixes: readonly string[], size: number): readonly Range[] {
  const ranges: Range[] = [];
  const cover = (part: readonly string[]): void => {
    const ancestor = commonAncestor(part);
    if (part.length <= size) {
      ranges.push({ ancestor, prefixes: part });
      return;
    }
    let together: string[] = [];
    const flush = () => {
      if (together.length > 0) {
        ranges.push({ ancestor: commonAncestor(together), prefixes: together });
      }
      together = [];
    };
    for (const child of byChild(part, ancestor)) {
      if (child.length > size / 4) {
        flush();
        if (child.length > size && child.length === part.length) {
          // One flat folder: cut anywhere.
          for (let at = 0; at < child.length; at += size) cover(child.slice(at, at + size));
        } else {
          cover(child);
        }
        continue;
      }
      if (together.length + child.length > size) flush();
      together.push(...child);
    }
    flush();
  };
  if (prefixes.length > 0) cover(prefixes);
  return ranges;
}

/** The longest folder that holds all of them; a single prefix is its own. */
export function commonAncestor(sorted: readonly string[]): string {
  const first = sorted[0] ?? '';
  const last = sorted.at(-1) ?? '';
  let length = 0;
  while (length < first.length && first[length] === last[length]) length += 1;
  return first.slice(0, first.lastIndexOf('/', length - 1) + 1);
}

/** Runs of prefixes that share the folder below the ancestor; leaves directly below it are one run. */
function byChild(prefixes: readonly string[], ancestor: string): readonly (readonly string[])[] {
  const runs: string[][] = [];
  let current: string | undefined;
  for (const prefix of prefixes) {
    const end = prefix.indexOf('/', ancestor.length) + 1;
    const child = end === prefix.length ? '' : prefix.slice(0, end);
    const run = runs.at(-1);
    if (run === undefined || child !== current) runs.push([prefix]);
    else run.push(prefix);
    current = child;
  }
  return runs;
}

/** Sorted as S3 sorts keys, without repetitions and without prefixes that lie in another one. */
export function distinctPrefixes(prefixes: Iterable<string>): readonly string[] {
  const distinct: string[] = [];
  for (const prefix of [...new Set(prefixes)].sort(compareText)) {
    const last = distinct.at(-1);
    if (last === undefined || !prefix.startsWith(last)) distinct.push(prefix);
  }
  return distinct;
}
