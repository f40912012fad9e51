import type { FunctionEntry } from '../function-entry.ts';

export const conditionalRows: readonly FunctionEntry[] = [];
