import { QueryError } from '@tributary/sql';

const CONTROL = /\p{Cc}/u;

/** Whether a folder or file name can stand in a path without leaving its place: no empty, `.`, `..`, NUL or control characters. */
export function isSafeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !CONTROL.test(name);
}

/** Whether `location` lies in `root` (both end in `/`) and each segment below the root is a safe name. */
export function isBelow(root: string, location: string): boolean {
  if (!root.endsWith('/') || !location.startsWith(root) || !location.endsWith('/')) return false;
  if (location.length === root.length) return true;
  return location
    .slice(root.length, -1)
    .split('/')
    .every((segment) => isSafeName(segment));
}

/** A location without scheme or leading slash is taken from the source's root, so that DDL can move with its lake. */
export function fromRoot(root: string, location: string): string {
  if (location.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(location)) return location;
  return `${root}${root.endsWith('/') ? '' : '/'}${location}`;
}

/** The folder in a root where rows wait that are not visible yet. Nobody's tables lie in it. */
export const RESERVED_FOLDER = '_tributary';

/** Hive and Athena do not read files or folders whose names start with `_` or `.`. */
export function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.');
}

/** DuckDB takes every given path for a glob pattern. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

export function outsideRoot(location: string, root: string, source: string): QueryError {
  return new QueryError(
    'invalidParameterValue',
    `The location '${location}' is not below the root '${root}' of the source "${source}".`,
    { hint: 'Give a location below the root, without empty, "." or ".." segments.' },
  );
}
