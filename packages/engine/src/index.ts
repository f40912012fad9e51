export type * from './engine.ts';
export { createEngine } from './create-engine.ts';
export { fetchExtensions } from './fetch-extensions.ts';
export type { FetchReport } from './fetch-extensions.ts';
export { wrapNativeError } from './native-error.ts';
export { listValue } from '@duckdb/node-api';
