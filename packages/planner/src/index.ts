export type * from './session/sql-session.ts';
