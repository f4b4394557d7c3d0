import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openBench, picture, spec, turn } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { edgeOf, jobFrom, sendRaw } from "../http/edge.ts";
import { inFolder } from "../support/folder.ts";

test("P3: a job ends with nobody connected, and is found again by the next process", async () => {
  await inFolder(async (folder) => {
    const image = new Uint8Array(readFileSync(await picture(folder, spec(150, 100))));
    const before = openBench(folder, { durable: true });
    new OwnWorker(before.bus, before.buffers, (task, worker) => worker.answer(task));
    const { id } = await jobFrom(await sendRaw(edgeOf(before), image, "?pipeline=contrast&tile_size=64"));
    // Nobody asks the master: only the disk is looked at.
    while (!existsSync(join(before.dir, "jobs", id, "result.png"))) await turn();
    await before.master.stop();
    const after = openBench(folder);
    // Stopped between the file and the word of it, the job ends now; it needs no worker for that.
    expect((await after.master.wait(id)).state).toBe("done");
    const app = edgeOf(after);
    const job = (await (await app.request(`/v1/jobs/${id}`)).json()) as { state: string; source: object };
    expect(job).toMatchObject({ state: "done", source: { width: 150, height: 100 } });
    const result = await app.request(`/v1/jobs/${id}/result`);
    expect(result.status).toBe(200);
    expect((await result.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    await after.master.stop();
  });
});
