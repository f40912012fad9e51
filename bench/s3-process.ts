import { S3Server } from '../test/support/s3-server.ts';

/**
 * An S3 server in a process of its own, so that it shares no event loop with what is measured. Arguments: folder, latency in ms.
 * Besides the folder's objects it lists them with the app before the day, for measuring listings.
 */
const [folder = '', latency = '0'] = process.argv.slice(2);
const server = await S3Server.start({ latency: Number(latency) });
const bucket = server.bucket('bench');
await bucket.addFolder(folder);
for (const { key } of [...bucket.after('events/', '')]) {
  const match = /^events\/(dt=[^/]+)\/(app_id=[^/]+)\/(.*)$/.exec(key);
  if (match !== null) {
    bucket.put(`by_app/${match[2] ?? ''}/${match[1] ?? ''}/${match[3] ?? ''}`, Buffer.from('x'));
  }
}
process.stdout.write(`${server.endpoint}\n`);
process.on('disconnect', () => process.exit(0));
