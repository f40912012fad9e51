export { parseConfig } from './config/config.ts';
export type { Config } from './config/config.ts';
export { createLogger } from './logger.ts';
export { startServer } from './server.ts';
export type { RunningServer } from './server.ts';
export { generateLake } from './demo/generate-lake.ts';
export { DEMO_QUESTIONS, demoTables } from './demo/demo-tables.ts';
