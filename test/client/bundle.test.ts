import { expect, test } from "bun:test";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import { writePicture } from "../../samples/write.ts";
import { checkAnswer } from "../http/answers.ts";
import { inFolder } from "../support/folder.ts";

const CLIENT = join(import.meta.dir, "..", "..", "client", "client.ts");

/** What a program with the bundled client does, whatever runs it. */
const PROGRAM = `
import { openAsBlob } from "node:fs";
import { createClient } from "./client.js";
const [url, path] = process.argv.slice(2);
const client = createClient({ url });
const sent = [];
const image = await openAsBlob(path, { type: "image/png" });
const { id } = await client.submit(image, { pipeline: "blur", onProgress: ({ bytes }) => sent.push(bytes) });
const states = [];
const feed = client.live();
await new Promise((resolve) => {
  feed.subscribe(\`job:\${id}\`, ({ job }) => job.state === "done" && resolve());
});
feed.close();
for await (const { state } of client.watch(id)) states.push(state);
const { stream, bytes } = await client.download(id);
const got = (await new Response(stream).arrayBuffer()).byteLength;
const refused = await client.getJob({ id: "nobody" }).catch(({ code }) => code);
const upload = await client.upload(image, { name: "ä.png" });
const inParts = upload.offset === image.size && upload.name === "ä.png";
console.log(JSON.stringify({ inParts, state: states.at(-1), whole: got === bytes, sent: sent.at(-1) === image.size, refused }));
`;

/** What is loaded before a page shows anything may have 100 KB in all. */
const GZIPPED_BYTES_MAX = 15_000;

test("the client takes few bytes of a page: no schema is in it", async () => {
  const built = await Bun.build({ entrypoints: [CLIENT], target: "browser", minify: true });
  const bytes = await built.outputs[0]!.arrayBuffer();
  expect(Bun.gzipSync(bytes).byteLength).toBeLessThan(GZIPPED_BYTES_MAX);
});

test("the client is one file for browsers, which Node runs as well as Bun", async () => {
  await inFolder(async (folder) => {
    const built = await Bun.build({ entrypoints: [CLIENT], outdir: folder, target: "browser" });
    expect(built.logs).toEqual([]);
    const code = await built.outputs[0]!.text();
    expect(code).not.toMatch(/from\s*"(node|bun):|require\(/);
    await Bun.write(join(folder, "program.mjs"), PROGRAM);
    const picture = join(folder, "a.png");
    await writePicture(picture, { width: 300, height: 200, channels: 3, depth: 8, seed: 3 });
    const server = startServer({ checkAnswer, threads: 1 });
    try {
      for (const runner of [[process.execPath], nodeWithSockets()]) {
        if (runner === undefined) continue;
        const child = Bun.spawn([...runner, "program.mjs", server.url, picture], {
          cwd: folder,
          stderr: "inherit",
        });
        expect(JSON.parse(await child.stdout.text())).toEqual({
          ...{ inParts: true, state: "done", whole: true, sent: true, refused: "job_not_found" },
        });
      }
    } finally {
      await server.stop();
    }
  });
});

/** Node has WebSockets since 22, and a while before that if it is told to. */
function nodeWithSockets(): string[] | undefined {
  const node = Bun.which("node");
  if (node === null) return undefined;
  const version = Number(/^v(\d+)/.exec(Bun.spawnSync([node, "--version"]).stdout.toString())?.[1]);
  return version < 22 ? [node, "--experimental-websocket"] : [node];
}
