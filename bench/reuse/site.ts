import { join } from 'node:path';
import { s3Source } from '../s3-lake.ts';
import type { S3Process } from '../s3-lake.ts';
import type { Answer } from './answers.ts';
import { difference } from './answers.ts';
import { startAudienceServer } from './audience-server.ts';
import type { AudienceServer, ServedRun } from './audience-server.ts';
import { dayFiles } from './audience-shape.ts';
import type { Layout } from './audience-shape.ts';
import { baseText, tributaryText } from './audience-statements.ts';
import type { AudienceStatement, DayRange } from './audience-statements.ts';
import { openBaseEngine } from './base-engine.ts';
import type { BaseEngine, BaseRun } from './base-engine.ts';
import { openListing } from './listing.ts';
import type { Listing } from './listing.ts';

/** One layout of the lake at one place, with the server and the base that read it. Answers are compared as they come. */
export interface Site {
  readonly label: string;
  readonly layout: Layout;
  readonly remote: boolean;
  readonly server: AudienceServer;
  readonly listing: Listing;
  /** Runs a statement in Tributary and compares its answer with plain DuckDB's over the local files. */
  ours(statement: AudienceStatement, range: DayRange): Promise<ServedRun>;
  /** What plain DuckDB takes over the same place; undefined: not finished within `limit`, or it cannot read it. */
  base(statement: AudienceStatement, range: DayRange, limit?: number): Promise<BaseRun | undefined>;
  /** Where answers differed. */
  readonly wrong: readonly string[];
  /** Statements whose answers were compared. */
  compared(): number;
  /** What the base answers is asked again: the files are other ones. */
  forgetAnswers(): void;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** The folder of the lake; both layouts lie below it. */
  readonly lake: string;
  readonly layout: Layout;
  readonly s3?: S3Process;
}

export async function openSite({ lake, layout, s3 }: SiteOptions): Promise<Site> {
  const apps = join(lake, layout, 'apps', 'apps.parquet');
  const root = s3 === undefined ? `${lake}/${layout}/` : `s3://bench/${layout}/`;
  const local = await openBaseEngine();
  const remote = s3 === undefined ? local : await openBaseEngine(s3.endpoint);
  const server = await startAudienceServer(
    layout,
    s3 === undefined
      ? `lake: { connector: lake, root: ${root} }`
      : s3Source(s3.endpoint, `${layout}/`),
  );
  const listing = await openListing(layout, root, s3?.endpoint);
  const answers = new Map<string, Answer>();
  const wrong: string[] = [];
  let compared = 0;
  const run = (
    engine: BaseEngine | undefined,
    prefix: string,
    statement: AudienceStatement,
    { from, to }: DayRange,
    limit?: number,
  ): ReturnType<BaseEngine['run']> =>
    engine === undefined
      ? Promise.resolve(undefined)
      : engine.run(
          baseText(statement, apps),
          dayFiles(layout, from, to).map((file) => prefix + file),
          limit,
        );
  const expected = async (statement: AudienceStatement, range: DayRange): Promise<Answer> => {
    const exact = {
      ...statement,
      text: statement.text.replace('approx_count_distinct(', 'count(DISTINCT '),
    };
    const key = tributaryText(exact, range);
    const known = answers.get(key) ?? (await run(local, `${lake}/`, exact, range))?.rows ?? [];
    answers.set(key, known);
    return known;
  };
  return {
    label: `${s3 === undefined ? 'local' : 'S3'}, a file a ${layout}`,
    layout,
    remote: s3 !== undefined,
    server,
    listing,
    wrong,
    compared: () => compared,
    forgetAnswers: () => answers.clear(),
    async ours(statement, range) {
      const text = tributaryText(statement, range);
      const served = await server.run(text);
      compared += 1;
      const found = difference(served.rows, await expected(statement, range), statement.tolerance);
      if (found !== undefined) wrong.push(`${text}: ${found}`);
      return served;
    },
    base(statement, range, limit) {
      const prefix = s3 === undefined ? `${lake}/` : 's3://bench/';
      return run(remote, prefix, statement, range, limit);
    },
    async close() {
      await server.close();
      await listing.close();
      local?.close();
      if (remote !== local) remote?.close();
    },
  };
}
