import { relationWithoutSource } from '@tributary/connectors';
import type { ScanRelation } from '@tributary/connectors';
import type { ScanServices } from '../execute/open-scans.ts';
import type { ResolvedPlan } from './resolve-fragments.ts';

/** How the scans of a resolved plan reach their rows: cells from their files, and tables that were listed by that listing. */
export function preparedScans(services: ScanServices, resolved: ResolvedPlan): ScanServices {
  return {
    ...services,
    prepared(scan, context) {
      const cells = resolved.relations.get(scan.occurrence);
      if (cells !== undefined) {
        return Promise.resolve(relationWithoutSource(cells, 'cells'));
      }
      const listing = resolved.listings.get(scan.occurrence);
      if (listing === undefined || scan.kind !== 'scan') {
        return undefined;
      }
      const { definition } = services.table(scan);
      const columns = scan.scanColumns.map(({ id, source }) => ({ id, name: source }));
      const all = listing.partitions.map((_, place) => place);
      return listing
        .open({ table: definition, columns }, all, context)
        .then((relation): ScanRelation => {
          const { partitionsConsidered, partitionsKept, listingMs, requests, retries } =
            listing.statistics;
          const { statistics } = relation;
          statistics.partitionsConsidered = partitionsConsidered;
          statistics.partitionsKept = partitionsKept;
          statistics.listingMs = listingMs;
          statistics.requests += requests;
          statistics.retries += retries;
          return relation;
        });
    },
  };
}
