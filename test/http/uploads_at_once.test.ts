import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import type { JobView } from "../../master/jobs/job.ts";
import { picture, spec, turn } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import { checkAnswer } from "./answers.ts";
import { uploadsIn } from "./edge.ts";

const UPLOADS = 200;

test(`P5: ${UPLOADS} uploads at once are taken, and a place is free when one goes away`, () =>
  inFolder(async (folder) => {
    const dir = join(folder, "served");
    const server = startServer({ dir, threads: 1, checkAnswer });
    const image = readFileSync(await picture(folder, spec(40, 30)));
    const aborts = Array.from({ length: UPLOADS }, () => new AbortController());
    let end = () => {};
    const all = new Promise<void>((resolve) => {
      end = resolve;
    });
    /** Begins, and ends when all have begun. */
    const held = () =>
      new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(image.subarray(0, 600));
          await all;
          controller.enqueue(image.subarray(600));
          controller.close();
        },
      });
    const headers = { "content-type": "image/png" };
    const answers = aborts.map(({ signal }) =>
      fetch(`${server.url}/v1/jobs?pipeline=invert`, { method: "POST", headers, body: held(), signal }),
    );
    while (uploadsIn(dir).length < UPLOADS) await turn();
    const gone = answers.slice(0, 20);
    for (const abort of aborts.slice(0, 20)) abort.abort();
    await Promise.allSettled(gone);
    while (uploadsIn(dir).length > UPLOADS - 20) await turn();
    end();
    const taken = await Promise.all(answers.slice(20));
    expect(new Set(taken.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = await Promise.all(taken.map(async (each) => ((await each.json()) as JobView).id));
    expect(new Set(ids).size).toBe(UPLOADS - 20);
    await server.stop();
  }));
