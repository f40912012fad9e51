import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/** Statements that a connection keeps prepared: the server plans each of them once. */
const MOST_NAMES = 64;

/** What a statement is asked by on a connection. */
export interface StatementName {
  readonly name: string;
  /** The connection knows it already. */
  readonly isKnown: boolean;
}

/** The names of prepared statements, connection by connection. */
export class StatementNames {
  /** By text, the longest unused first. */
  readonly #known = new WeakMap<Client, Map<string, string>>();
  /** Behind a pooler the same name of another process could be another statement. */
  readonly #prefix = randomUUID();
  #made = 0;
  #refused = false;

  /** The name of a text on a connection; undefined where names are of no use there. */
  of(client: Client, text: string): StatementName | undefined {
    if (this.#refused) return undefined;
    const names = this.#namesOf(client);
    const known = names.get(text);
    if (known === undefined) return { name: `${this.#prefix}_${++this.#made}`, isKnown: false };
    names.delete(text);
    names.set(text, known);
    return { name: known, isKnown: true };
  }

  /** The server knows the name from now on. */
  parsed(client: Client, text: string, name: string): void {
    this.#namesOf(client).set(text, name);
  }

  /** Takes names off a connection that has too many, for it to be told to drop them. */
  surplus(client: Client): readonly string[] {
    const names = this.#namesOf(client);
    const dropped: string[] = [];
    for (const [text, name] of names) {
      if (names.size <= MOST_NAMES) break;
      names.delete(text);
      dropped.push(name);
    }
    return dropped;
  }

  /** A server did not know a name that it had been given, or knew one that it had not: a pooler stands between. */
  refuse(): void {
    this.#refused = true;
  }

  #namesOf(client: Client): Map<string, string> {
    const names = this.#known.get(client) ?? new Map<string, string>();
    this.#known.set(client, names);
    return names;
  }
}
