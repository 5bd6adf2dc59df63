// A few transactions and blobs, each with a line on standard output once it is acknowledged. Argument: data directory.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { hostClock } from "../../src/host/clock.ts";
import { seededRandom } from "../../src/kernel/random.ts";
import { openFileBlobs } from "../../src/storage/engines/file-blobs.ts";
import { openLmdbStorage } from "../../src/storage/engines/lmdb.ts";

const [directory = ""] = process.argv.slice(2);
const storage = openLmdbStorage({ directory });
const blobs = openFileBlobs({ directory: join(directory, "blobs"), random: seededRandom(1), clock: hostClock });
for (let i = 0; i < 5; i++) {
  writeSync(1, `begin transaction ${i}\n`);
  await storage.transact(async (tx) => tx.set(Buffer.from(`k${i}`), Buffer.from("v")));
  writeSync(1, `acknowledged transaction ${i}\n`);
}
for (let i = 0; i < 3; i++) {
  writeSync(1, `begin blob ${i}\n`);
  const writer = await blobs.create();
  await writer.write(new Uint8Array(5_000));
  const { id } = await writer.finish();
  writeSync(1, `acknowledged blob ${i} ${id}\n`);
}
await storage.close();
