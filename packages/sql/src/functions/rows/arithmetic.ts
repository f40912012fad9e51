import type { FunctionEntry } from '../function-entry.ts';

export const arithmeticRows: readonly FunctionEntry[] = [];
