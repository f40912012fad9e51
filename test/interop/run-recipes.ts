import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

// Runs what docs/clients.md says to run, with the server of this run in the place of the example's. Prints `ok recipes`.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const {
  WORK = '',
  PGHOST = '',
  PGPORT = '',
  PGUSER = '',
  PGPASSWORD = '',
  PGSSLROOTCERT = '',
} = process.env;

/** The document's example values and what stands for them here. `inAddress`: the password as part of a URL. */
function here(text: string, inAddress: boolean): string {
  return text
    .replaceAll('tributary.example.com', PGHOST)
    .replaceAll('5439', PGPORT)
    .replaceAll(/\bana\b/g, PGUSER)
    .replaceAll(/\bsecret\b/g, inAddress ? encodeURIComponent(PGPASSWORD) : PGPASSWORD)
    .replaceAll('ca.pem', PGSSLROOTCERT);
}

/** How a fenced block of each language is run; a language that is not here is not a recipe. */
const RUNNERS: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  bash: (text) =>
    run('bash', [
      '-euo',
      'pipefail',
      '-c',
      here(text, false).replace(/password=(.*?) sslmode/, "password='$1' sslmode"),
    ]),
  jdbc: (text) =>
    run('java', ['-cp', `${WORK}/pgjdbc:${WORK}/pgjdbc/*`, 'Client', here(text, true).trim()]),
  async ini(text) {
    await writeFile(join(WORK, 'odbc.ini'), here(text, false));
    const program =
      "import pyodbc; print(pyodbc.connect('DSN=Tributary').execute('SELECT 1').fetchone())";
    return run(join(WORK, 'python/bin/python'), ['-c', program], {
      env: { ...process.env, ODBCINI: join(WORK, 'odbc.ini') },
    });
  },
  sqlalchemy: (text) =>
    run(join(WORK, 'python/bin/python'), [
      '-c',
      'import sys, sqlalchemy; print(sqlalchemy.create_engine(sys.argv[1]).connect().scalar(sqlalchemy.text("SELECT 1")))',
      here(text, true).trim(),
    ]),
  python: (text) =>
    run(join(WORK, 'python/bin/python'), ['-c', here(text, text.includes('postgresql://'))]),
  js: (text) =>
    run(process.execPath, ['--input-type=module', '-e', here(text, false)], { cwd: ROOT }),
};

const document = await readFile(join(ROOT, 'docs/clients.md'), 'utf8');
const blocks = [...document.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
const recipes = blocks.flatMap(([, language = '', text = '']) => {
  const runner = RUNNERS[language];
  if (runner === undefined)
    throw new Error(`docs/clients.md has a block of ${language}: nothing runs it`);
  return [{ language, text, runner }];
});
if (recipes.length < 7) throw new Error(`docs/clients.md has only ${recipes.length} recipes`);
for (const { language, text, runner } of recipes) {
  try {
    await runner(text);
  } catch (error) {
    throw new Error(`the recipe in ${language} fails:\n${text}`, { cause: error });
  }
}
process.stdout.write(`${recipes.length} recipes of docs/clients.md\nok recipes\n`);
