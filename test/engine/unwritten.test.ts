import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "../support/folder.ts";
import { openBench, picture, spec } from "./harness.ts";
import { OwnWorker } from "./own_worker.ts";

/** The store takes no failure of a job of the usual priority, as if there were no room for it. */
const NO_ROOM = `CREATE TRIGGER no_room BEFORE UPDATE OF state ON jobs WHEN NEW.state = 'failed' AND NEW.priority = 5
  BEGIN SELECT RAISE(ABORT, 'no room'); END`;

test("P5: a job's failure that cannot be written down takes no process down, and is written once it can be", () =>
  inFolder(async (folder) => {
    const before = openBench(folder);
    await before.master.stop();
    const db = new Database(join(before.dir, "tessera.sqlite"));
    db.run(NO_ROOM);
    db.close();
    const path = join(folder, "source.png");
    writeFileSync(path, readFileSync(await picture(folder, spec(120, 90))));
    const troubles = Promise.withResolvers<void>();
    const { master, bus, buffers } = openBench(folder, { onTrouble: () => troubles.resolve() });
    new OwnWorker(bus, buffers, (task, own) => own.publish(own.failed(task, "out of luck")));
    const job = await master.submit({ pipeline: "invert", source: { path, owned: false, name: "it" } });
    await troubles.promise;
    expect(master.job(job.id)!.state).not.toBe("failed");
    master.setPriority(job.id, 6);
    expect((await master.wait(job.id)).error?.code).toBe("tile_failed");
    await master.stop();
    await bus.close();
  }));
