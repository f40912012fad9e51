export type * from './connector.ts';
export {
  createLakeConnector,
  type LakeConfig,
  type LakeS3Config,
  type LakeServices,
} from './lake/lake-connector.ts';
export { partitionBatch } from './lake/select-partitions.ts';
