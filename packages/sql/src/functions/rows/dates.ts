import type { FunctionEntry } from '../function-entry.ts';

export const dateRows: readonly FunctionEntry[] = [];
