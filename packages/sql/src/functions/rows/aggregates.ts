import type { FunctionEntry } from '../function-entry.ts';

export const aggregateRows: readonly FunctionEntry[] = [];
