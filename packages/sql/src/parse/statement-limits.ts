/** What a statement may measure before it is parsed. */
export interface StatementLimits {
  /** UTF-8 bytes of everything handed to one parse. */
  readonly maxBytes: number;
  /** Levels of nesting: brackets, CASE, chained operators, joins and set operations together. */
  readonly maxDepth: number;
}

/** A depth at which parser, binder and printers keep well clear of their stacks (the parser fails from about 2,000). */
export const DEFAULT_STATEMENT_LIMITS: StatementLimits = { maxBytes: 1 << 20, maxDepth: 500 };
