import type { Connector, SourceWriter } from '@tributary/connectors';
import { QueryError } from '@tributary/sql';
import type { StatementScope } from '../service/statement-scope.ts';

export interface WritableSource {
  readonly connector: Connector;
  readonly writer: SourceWriter;
}

/**
 * The source, for putting rows into it.
 *
 * @throws QueryError insufficientPrivilege unless the user has a role that may write, featureNotSupported for a source that nobody
 * can write to, sourceUnavailable for one that is not configured.
 */
export function writableSource(source: string, scope: StatementScope): WritableSource {
  const { connectors, mayWrite } = scope.services;
  const connector = connectors.get(source);
  if (connector === undefined) {
    throw new QueryError('sourceUnavailable', `source "${source}" is not configured`, {
      hint: 'Add it to the sources of tributary.yaml.',
    });
  }
  if (mayWrite?.(scope.user, source) !== true) {
    throw new QueryError(
      'insufficientPrivilege',
      `permission denied to write to source "${source}"`,
      {
        hint: `Sources are read only but for the roles in sources.${source}.write.roles of tributary.yaml.`,
      },
    );
  }
  if (connector.writer === undefined) {
    throw new QueryError('featureNotSupported', `source "${source}" cannot be written to`);
  }
  return { connector, writer: connector.writer };
}

/** The sources that the user may write to. */
export function writableSources(scope: StatementScope): readonly WritableSource[] {
  const { connectors, mayWrite } = scope.services;
  return [...connectors.values()].flatMap((connector) =>
    connector.writer !== undefined && mayWrite?.(scope.user, connector.source) === true
      ? [{ connector, writer: connector.writer }]
      : [],
  );
}
