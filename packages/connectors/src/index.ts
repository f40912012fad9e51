export type * from './connector.ts';
export type * from './source-writer.ts';
export type * from './query-connector.ts';
export { domainPredicate, filterByConstraints } from './constraint-filter.ts';
export {
  createLakeConnector,
  type LakeConfig,
  type LakeS3Config,
  type LakeServices,
} from './lake/lake-connector.ts';
export { noScanStatistics, relationWithoutSource } from './scan-statistics.ts';
export { createPostgresConnector } from './postgres/postgres-connector.ts';
export { EXTENSION_USES, connectionTarget, postgresAccess } from './postgres/postgres-config.ts';
export type { ExtensionUse, PostgresConfig } from './postgres/postgres-config.ts';
export { escapeGlob } from './lake/location.ts';
export { partitionBatch } from './lake/select-partitions.ts';
