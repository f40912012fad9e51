import { QueryError } from '@tributary/sql';
import { isMap, isScalar, isSeq } from 'yaml';
import type { LineCounter, Node, Pair } from 'yaml';
import { nearestKey } from './nearest-key.ts';

export interface ConfigSource {
  readonly file: string;
  readonly lines: LineCounter;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A value of the configuration file with its place, read as one expected kind; everything else is refused by file and line. */
export class ConfigNode {
  readonly #node: Node | null | undefined;
  readonly #path: string;
  readonly #source: ConfigSource;
  readonly #parent: Node | null | undefined;

  constructor(
    node: Node | null | undefined,
    path: string,
    source: ConfigSource,
    parent?: Node | null,
  ) {
    this.#node = node;
    this.#path = path;
    this.#source = source;
    this.#parent = parent;
  }

  /** Nothing, or an empty value (`key:`). */
  get absent(): boolean {
    return (
      this.#node === undefined ||
      this.#node === null ||
      (isScalar(this.#node) && this.#node.value === null)
    );
  }

  fail(message: string, hint?: string): QueryError {
    const offset = this.#node?.range?.[0] ?? this.#parent?.range?.[0];
    const line = offset === undefined ? '' : `:${this.#source.lines.linePos(offset).line}`;
    return new QueryError(
      'invalidConfiguration',
      `${this.#source.file}${line}: ${this.#path === '' ? '' : `${this.#path}: `}${message}`,
      hint === undefined ? {} : { hint },
    );
  }

  /** The keys of a mapping, each as a node (absent where the file has none). Unknown keys are refused. */
  object<K extends string>(known: readonly K[]): Readonly<Record<K, ConfigNode>> {
    const pairs = this.#pairs();
    for (const pair of pairs) {
      const key = keyText(pair);
      if (!known.some((each) => each === key)) {
        const near = nearestKey(key, known);
        throw this.#child(pair.key as Node, key).fail(
          'unknown key',
          near === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean "${near}"?`,
        );
      }
    }
    const values = known.map((key) => {
      const pair = pairs.find((each) => keyText(each) === key);
      return [key, this.#child(pair?.value as Node | undefined, key)] as const;
    });
    return Object.fromEntries(values) as Record<K, ConfigNode>;
  }

  /** A mapping with keys of the user's own. */
  entries(): readonly (readonly [string, ConfigNode])[] {
    return this.#pairs().map((pair) => {
      const key = keyText(pair);
      return [key, this.#child(pair.value as Node | undefined, key)];
    });
  }

  list(): readonly ConfigNode[] {
    if (this.absent) {
      return [];
    }
    if (!isSeq(this.#node)) {
      throw this.fail('a list is expected');
    }
    return this.#node.items.map(
      (item, index) =>
        new ConfigNode(item as Node, `${this.#path}[${index}]`, this.#source, this.#node),
    );
  }

  /** A text; `${NAME}` is replaced by the environment variable, which must be set. */
  text(): string {
    const value = this.#scalar();
    return String(value).replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => {
      const found = this.#source.environment[name];
      if (found === undefined) {
        throw this.fail(`environment variable ${name} is not set`);
      }
      return found;
    });
  }

  optionalText(): string | undefined {
    return this.absent ? undefined : this.text();
  }

  boolean(): boolean {
    const value = this.#scalar();
    if (typeof value !== 'boolean') {
      throw this.fail('true or false is expected');
    }
    return value;
  }

  integer(low: number, high: number): number {
    const value = Number(this.text());
    if (!Number.isInteger(value) || value < low || value > high) {
      throw this.fail(`a whole number from ${low} to ${high} is expected`);
    }
    return value;
  }

  /** A size in bytes: `6GB`, `512MiB`. */
  bytes(): number {
    const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)\s*$/i.exec(this.text());
    const factor = SIZES[(match?.[2] ?? '-').toLowerCase()];
    if (match === null || factor === undefined) {
      throw this.fail('a size is expected, such as 6GB or 512MiB');
    }
    return Math.round(Number(match[1]) * factor);
  }

  #scalar(): unknown {
    if (!isScalar(this.#node) || this.#node.value === null) {
      throw this.fail('a value is expected');
    }
    return this.#node.value;
  }

  #pairs(): readonly Pair[] {
    if (this.absent) {
      return [];
    }
    if (!isMap(this.#node)) {
      throw this.fail('a mapping of keys to values is expected');
    }
    return this.#node.items;
  }

  #child(node: Node | undefined, key: string): ConfigNode {
    const path = this.#path === '' ? key : `${this.#path}.${key}`;
    return new ConfigNode(node, path, this.#source, this.#node ?? this.#parent ?? null);
  }
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}
