import type { PreparedStatement } from '@tributary/planner';
import { QueryError } from '@tributary/sql';

/** Named statements a connection may hold. */
const MAX_STATEMENTS = 10_000;

/** `prepared` undefined: an empty statement. */
export interface NamedStatement {
  readonly prepared: PreparedStatement | undefined;
}

/** The statements that Parse made. The unnamed one has the name ''. */
export class NamedStatements {
  readonly #byName = new Map<string, NamedStatement>();

  /** @throws QueryError undefinedStatement */
  get(name: string): NamedStatement {
    const statement = this.#byName.get(name);
    if (statement !== undefined) return statement;
    const what = name === '' ? 'unnamed prepared statement' : `prepared statement "${name}"`;
    throw new QueryError('undefinedStatement', `${what} does not exist`);
  }

  /**
   * Makes the name free: the unnamed statement goes, even when its successor fails; others stay.
   *
   * @throws QueryError duplicateStatement, configurationLimitExceeded
   */
  makeRoom(name: string): void {
    if (name === '') this.#byName.delete('');
    else if (this.#byName.has(name)) {
      throw new QueryError('duplicateStatement', `prepared statement "${name}" already exists`);
    }
    if (this.#byName.size >= MAX_STATEMENTS) {
      throw new QueryError(
        'configurationLimitExceeded',
        `a connection may hold at most ${MAX_STATEMENTS} prepared statements: close some`,
      );
    }
  }

  set(name: string, statement: NamedStatement): void {
    this.#byName.set(name, statement);
  }

  /** Answers whether there was one. */
  delete(name: string): boolean {
    return this.#byName.delete(name);
  }

  clear(): void {
    this.#byName.clear();
  }
}
