export { connectClient } from './query-client.ts';
export type { QueryAnswer, QueryClient } from './query-client.ts';
export { formatTable } from './format-table.ts';
