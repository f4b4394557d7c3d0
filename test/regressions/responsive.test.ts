import { expect, test } from "bun:test";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import type { JobView } from "../../master/jobs/job.ts";
import { picture, spec } from "../engine/harness.ts";
import { checkAnswer } from "../http/answers.ts";
import { inFolder } from "../support/folder.ts";

test("P10: the server answers, and takes uploads, while it cuts and joins a large image", async () => {
  await inFolder(async (folder) => {
    const server = startServer({ checkAnswer, dir: join(folder, "served"), threads: 2 });
    try {
      const send = async (path: string, pipeline: string) => {
        const init = { method: "POST", body: Bun.file(path), headers: { "content-type": "image/png" } };
        return (await (
          await fetch(`${server.url}/v1/jobs?tile_size=64&pipeline=${pipeline}`, init)
        ).json()) as JobView;
      };
      const state = async ({ id }: JobView) =>
        ((await (await fetch(`${server.url}/v1/jobs/${id}`)).json()) as JobView).state;
      const large = await send(
        await picture(folder, spec(3000, 2500)),
        "median(radius=3)|bilateral|median(radius=3)|blur(sigma=20)",
      );
      const file = await picture(folder, spec(100, 100));
      const small: JobView[] = [];
      for (let i = 0; i < 10; i++) {
        expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
        small.push(await send(file, "invert"));
      }
      expect(await state(large)).not.toBe("done");
      for (const job of small) while ((await state(job)) !== "done");
      expect(await state(large)).toMatch(/ingesting|running/);
    } finally {
      await server.stop();
    }
  });
});
