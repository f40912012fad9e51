import type { ViewDefinition } from '@tributary/catalog';
import type { Plan } from '@tributary/sql';
import { reference } from './bind-columns.ts';
import { bindQuery } from './bind-select.ts';
import type { Environment, QueryLevel } from './bind-state.ts';
import { failure, newColumn, newLevel } from './bind-state.ts';

/** Views inside views, at most. */
const MAX_VIEW_DEPTH = 32;

/** Binds a view's text in place, under the database and search path it was created with. */
export function bindView(
  level: QueryLevel,
  view: ViewDefinition,
  location: number | undefined,
): Plan {
  const { statement } = level;
  const { views } = level.environment;
  if (views.includes(view.id)) {
    throw failure(
      level,
      'invalidRecursion',
      `infinite recursion detected in view "${view.name}"`,
      location,
    );
  }
  if (views.length >= MAX_VIEW_DEPTH) {
    throw failure(
      level,
      'statementTooComplex',
      `view "${view.name}" nests more than ${MAX_VIEW_DEPTH} views deep`,
      location,
    );
  }
  const environment: Environment = {
    database: view.database,
    searchPath: view.searchPath,
    position: () => undefined,
    parameters: false,
    views: [...views, view.id],
  };
  const inner = newLevel(statement, environment, undefined);
  const plan = bindQuery(inner, statement.context.parseView(view.text));
  if (plan.columns.length < view.columns.length) {
    throw failure(
      level,
      'undefinedColumn',
      `view "${view.name}" has ${view.columns.length} columns, but its query now gives ${plan.columns.length}`,
      location,
      { hint: 'Create the view again: CREATE OR REPLACE VIEW.' },
    );
  }
  // A view keeps the columns it was created with, also where `*` now gives more.
  const kept = plan.columns.slice(0, view.columns.length);
  return {
    kind: 'project',
    input: plan,
    expressions: kept.map(reference),
    columns: kept.map((column, index) => ({
      id: newColumn(level),
      name: view.columns[index]?.name ?? column.name,
      type: column.type,
    })),
  };
}
