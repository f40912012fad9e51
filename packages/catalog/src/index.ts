export type * from './definitions.ts';
export type * from './catalog-store.ts';
export type * from './projection/partition-set.ts';
export { projectPartitions } from './projection/project-partitions.ts';
export { checkProjection, type ProjectionWarning } from './projection/check-projection.ts';
export { isProjected } from './projection/projection-config.ts';
export { escapeHivePath } from './projection/location-template.ts';
export { openCatalogStore } from './store/open-catalog-store.ts';
