import { expect, test } from "bun:test";
import { openBench, picture, spec, unowned } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { inFolder } from "../support/folder.ts";
import { as } from "./callers.ts";
import { EventReader } from "./event_reader.ts";
import { serveEvents } from "./event_server.ts";

test("P3: after a new start of the master whoever comes back is told the whole, as it is now", async () => {
  await inFolder(async (folder) => {
    const image = await picture(folder, spec(120, 90));
    const before = openBench(folder);
    new OwnWorker(before.bus, before.buffers);
    const own = serveEvents(before);
    const owner = "ann";
    const asked = { source: unowned(image), pipeline: [{ op: "invert" }], tileSize: 64, owner };
    const { id } = await before.master.submit(asked);
    const topic = `tiles:${id}`;
    const reader = new EventReader(own.ws, as(owner, "read"));
    await reader.say({ type: "subscribe", topic });
    const { epoch } = await reader.message("hello");
    const { seq } = await reader.message("tiles", ({ tiles }) => tiles.length > 0);
    await own.stop();
    await before.master.stop();
    await before.bus.close();

    const after = openBench(folder);
    new OwnWorker(after.bus, after.buffers, (task, worker) => worker.answer(task));
    await after.master.wait(id);
    const next = serveEvents(after);
    const back = new EventReader(next.ws, as(owner, "read"));
    await back.say({ type: "subscribe", topic, since: { epoch, seq } });
    const { tiles, snapshot } = await back.message("tiles");
    expect(snapshot).toBe(true);
    expect(tiles.map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
    back.close();
    await next.stop();
    await after.master.stop();
    await after.bus.close();
  });
});
