import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../../client/client.ts";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import { writePicture } from "../../samples/write.ts";
import { CuttingProxy } from "../client/cutting_proxy.ts";
import { checkAnswer } from "../http/answers.ts";
import { linesIn } from "../support/lines.ts";
import { startTessera, TESSERA, tessera, tesseraOnTerminal } from "../support/tessera.ts";

let folder: string;
let photo: string;
let drawing: string;
let large: string;
let server: TesseraServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-remote-"));
  photo = join(folder, "photo.jpg");
  drawing = join(folder, "drawing.png");
  large = join(folder, "large.tiff");
  await writePicture(photo, { width: 700, height: 500, channels: 3, depth: 8, seed: 3 });
  await writePicture(drawing, { width: 130, height: 90, channels: 4, depth: 8, seed: 4 });
  await writePicture(large, { width: 6000, height: 4000, channels: 3, depth: 8, seed: 2 });
  server = startServer({ checkAnswer, threads: 1, webhooks: { secret: "a secret of some length" } });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const freshFolder = (): string => mkdtempSync(join(folder, "out-"));
const env = () => ({ TESSERA_CLIENT_MASTER: server.url });
const remote = (...args: string[]) => tessera(args, { env: env() });
const client = () => createClient({ url: server.url });
const SLOW = "bilateral(radius=10)";

describe("tessera submit, jobs, watch, download", () => {
  test("send an image, show its job and fetch its result", async () => {
    const out = freshFolder();
    const sent = await remote("submit", photo, "--do", "blur(sigma=2)", "--format", "png", "--wait");
    expect([sent.status, sent.err]).toEqual([0, ""]);
    const id = sent.out.trim();
    const listed = await remote("jobs", "--json");
    expect(JSON.parse(listed.out)).toContainEqual(expect.objectContaining({ id, state: "done" }));
    expect((await remote("jobs")).out).toMatch(new RegExp(`${id} +done +100 % +700 × 500 .* photo\\.jpg\n`));
    expect((await remote("jobs", id)).out).toMatch(/pipeline +blur\(sigma=2\)\n/);
    const fetched = await tessera(["download", id], { env: env(), cwd: out });
    expect(fetched).toMatchObject({
      status: 0,
      err: "",
      out: expect.stringMatching(/^photo\.png {2}\d+ kB\n$/),
    });
    expect(readdirSync(out)).toEqual(["photo.png"]);
    const again = await tessera(["download", id], { env: env(), cwd: out });
    expect([again.status, again.err]).toEqual([1, expect.stringContaining("exists already")]);
    const piped = await new Response(
      startTessera(["download", id, "-o", "-"], { env: env() }).stdout,
    ).bytes();
    expect(Bun.hash(piped)).toBe(Bun.hash(readFileSync(join(out, "photo.png"))));
  });

  test("go on with a large image where the connection is cut", async () => {
    const cut = (n: number) => (n < 4 ? 3_000_000 : Number.POSITIVE_INFINITY);
    const proxy = await CuttingProxy.before(server.url, undefined, cut);
    try {
      const sent = await remote("submit", large, "--do", "crop(width=9, height=9)", "--master", proxy.url);
      expect([sent.status, sent.err]).toEqual([0, ""]);
      const { source } = await client().getJob({ id: sent.out.trim() });
      expect(source.bytes).toBe(Bun.file(large).size);
      expect(proxy.sent).toBeLessThan(1.5 * Bun.file(large).size);
    } finally {
      proxy.stop();
    }
  });

  test("take an image from stdin, and give what they know as JSON", async () => {
    const child = Bun.spawn(
      [process.execPath, TESSERA, "submit", "-", "--name", "a.png", "--json", "--wait", "--priority", "7"],
      { env: { ...process.env, ...env() }, stdin: Bun.file(drawing), stdout: "pipe", stderr: "inherit" },
    );
    const job = JSON.parse(await child.stdout.text());
    expect(job).toMatchObject({ state: "done", priority: 7, source: { name: "a.png", width: 130 } });
    const watched = await remote("watch", job.id, "--json");
    expect([watched.status, JSON.parse(watched.out).state]).toEqual([0, "done"]);
  });

  test("tell in lines where there is no terminal how far the jobs are, and what became of them", async () => {
    const { status, out, err } = await remote("submit", photo, drawing, "--do", "blur", "--watch");
    expect(status).toBe(0);
    for (const id of out.trim().split("\n"))
      expect(err).toMatch(new RegExp(`${id} {2}\\w+\\.\\w+ {2}done: `));
    expect(err).not.toContain("\x1b");
  });

  test("draw bars on a terminal, and leave a line for each job", async () => {
    const args = ["submit", photo, large, "--do", "blur", "--watch"];
    const { status, screen } = await tesseraOnTerminal(args, env());
    expect(status).toBe(0);
    expect(screen).toMatch(/large\.tiff ▕.{24}▏ +\d+ % {2}/);
    expect(screen).toMatch(/photo\.jpg {2}done: 2 tiles in .* s\r\n/);
    expect(screen.trimEnd()).toMatch(/large\.tiff {2}done: 96 tiles in [\d.]+ s$/);
  });

  test("work on with the others when one fails", async () => {
    const missing = join(folder, "missing.jpg");
    const { status, out, err } = await remote("submit", missing, import.meta.path, drawing);
    expect(status).toBe(1);
    expect(out).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(err).toMatch(/missing\.jpg: .*\(file_not_found\)\n/);
    expect(err).toMatch(/\(image_unknown_type\)\n/);
  });
});

describe("tessera pause, resume, cancel, retry, workers, webhooks", () => {
  test("do to jobs what they say", async () => {
    const id = (await remote("submit", large, "--do", SLOW)).out.trim();
    expect(await remote("pause", id)).toEqual({ status: 0, out: `${id}  paused\n`, err: "" });
    expect((await remote("resume", id)).out).toMatch(new RegExp(`^${id} {2}(queued|ingesting|running)\n$`));
    const cancelled = await remote("cancel", "nobody", id);
    expect([cancelled.status, cancelled.out]).toEqual([1, `${id}  cancelled\n`]);
    expect(cancelled.err).toContain("nobody: There is no such job. (job_not_found)");
    const retried = await remote("retry", id, "--json");
    expect(retried.status).toBe(1);
    expect(JSON.parse(retried.out)).toMatchObject({ id, error: { code: "job_not_failed" } });
  });

  test("find jobs by what is known of them, show their history, and forget them", async () => {
    const id = (await remote("submit", drawing, "--label", "set=x", "--label", "a=b c", "--wait")).out.trim();
    const find = async (...filter: string[]) => {
      const { out } = await remote("jobs", "--json", ...filter);
      return (JSON.parse(out) as { id: string }[]).map((job) => job.id);
    };
    const found = await Promise.all([
      find("--label", "set=x", "--state", "done,failed", "--text", "DRAWING", "--limit", "1"),
      find("--label", "set=x", "--before", "2001-01-31"),
      find("--label", "set=x", "--after", "2001-01-31T12:00"),
    ]);
    expect(found).toEqual([[id], [], [id]]);
    const { out } = await remote("jobs", id, "--history");
    expect(out).toMatch(/\nlabels +set=x, a=b c\n/);
    expect(out).toMatch(/\n[-:\d ]{19} {2}done\n$/);
    const mistakes = ["--state=finished", "--after=tomorrow", "--label=x"].map((it) => remote("jobs", it));
    expect((await Promise.all(mistakes)).map(({ status }) => status)).toEqual([2, 2, 2]);
    expect(await remote("delete", id)).toEqual({ status: 0, out: `${id}  deleted\n`, err: "" });
    expect((await remote("jobs", id)).err).toEndWith("(job_not_found)\n");
  });

  test("do the same to all jobs that are found, and tell before what they would do", async () => {
    const { submit } = client();
    const labels = { bulk: "yes" };
    const options = { pipeline: SLOW, labels };
    const ids = [await submit(Bun.file(large), options), await submit(Bun.file(large), options)].map(
      ({ id }) => id,
    );
    const lines = (what: string) => ids.map((id) => `${id}  ${what}\n`).sort();
    const split = (out: string) => out.split(/(?<=\n)/).sort();
    const dry = await remote("cancel", "--label", "bulk=yes", "--dry-run");
    expect([dry.status, split(dry.out)]).toEqual([0, lines("would be cancelled")]);
    expect((await client().getJob({ id: ids[0]! })).state).not.toBe("cancelled");
    const done = await remote("cancel", "--label", "bulk=yes");
    expect([done.status, split(done.out), done.err]).toEqual([0, lines("cancelled"), ""]);
    const again = await remote("cancel", "--label", "bulk=yes", "--json");
    expect(JSON.parse(again.out)).toMatchObject({ changed: [], refused: [{ code: "job_not_active" }, {}] });
    for (const args of [[], [ids[0]!, "--all"], [ids[0]!, "--dry-run"]])
      expect((await remote("cancel", ...args)).status).toBe(2);
  });

  test("show who works", async () => {
    const { out } = await remote("workers");
    expect(out).toMatch(/^NAME .*\n.* live +1 /);
    expect(JSON.parse((await remote("workers", "--json")).out)).toMatchObject([
      { state: "live", threads: 1 },
    ]);
  });

  test("have a worker get no more tiles, and then some again", async () => {
    const [{ id }] = JSON.parse((await remote("workers", "--json")).out);
    expect(await remote("workers", "drain", id)).toEqual({ status: 0, out: `${id}  draining\n`, err: "" });
    expect((await remote("workers", "list")).out).toContain(" draining ");
    expect((await remote("workers", "undrain", id)).out).toBe(`${id}  live\n`);
    const unknown = await remote("workers", "drain", "nobody");
    expect([unknown.status, unknown.err]).toEqual([1, expect.stringContaining("worker_not_found")]);
  });

  test("show the secret that signs one's webhooks", async () => {
    const { out } = await remote("webhooks", "secret");
    expect(out).toMatch(/^[0-9a-f]{64}\n$/);
    const { out: json } = await remote("webhooks", "secret", "--json");
    expect(JSON.parse(json)).toEqual({ owner: "local", secret: out.trim() });
  });

  test("list the dead letters of a master that is said, and replay them", async () => {
    expect(await remote("dead-letters")).toEqual({ status: 0, out: "There are no dead letters.\n", err: "" });
    expect((await tessera(["dead-letters", "list", "--json", "--master", server.url])).out).toBe("[]\n");
    expect(await remote("dead-letters", "replay", "--all")).toEqual({ status: 0, out: "", err: "" });
    const unknown = await remote("dead-letters", "replay", "nobody");
    expect([unknown.status, unknown.out]).toEqual([1, "nobody  There is no such job.\n"]);
  });
});

describe("an interruption", () => {
  test("leaves what is waited for as it is: the job goes on", async () => {
    const child = startTessera(["submit", large, "--do", SLOW, "--watch"], { env: env() });
    const [id] = await first(linesIn(child.stdout));
    await first(linesIn(child.stderr));
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect((await client().getJob({ id: id! })).state).not.toBe("cancelled");
    await client().cancelJob({ id: id! });
  });

  test("of `run --master` cancels the job, and leaves nothing (P9)", async () => {
    const out = freshFolder();
    const child = startTessera(
      ["run", large, "--do", SLOW, "-o", join(out, "x.png"), "--master", server.url],
      {},
    );
    const begun = new AbortController();
    let id: string | undefined;
    for await (const job of client().watchAll({ signal: begun.signal })) {
      if (job.source.name !== "large.tiff" || job.state === "cancelled") continue;
      ({ id } = job);
      break;
    }
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await child.stderr.text()).toContain("(job_cancelled)");
    expect((await client().getJob({ id: id! })).state).toBe("cancelled");
    expect(readdirSync(out)).toEqual([]);
  });
});

describe("tessera run --master", () => {
  test("gives the same files and figures as without", async () => {
    const out = freshFolder();
    const run = async (name: string, ...more: string[]) => {
      const args = [
        "run",
        photo,
        drawing,
        "--do",
        "blur(sigma=3) | rotate_90",
        "-o",
        join(out, name),
        "--json",
      ];
      const { status, out: text, err } = await tessera([...args, "--format", "webp", ...more]);
      expect([status, err]).toEqual([0, ""]);
      const lines = text.trimEnd().split("\n");
      return lines.map((line) => Object.keys(JSON.parse(line)));
    };
    expect(await run("there", "--master", server.url)).toEqual(await run("here"));
    for (const name of ["photo.webp", "drawing.webp"])
      expect(Bun.hash(readFileSync(join(out, "there", name)))).toBe(
        Bun.hash(readFileSync(join(out, "here", name))),
      );
  });

  test("fails with the same words and exit codes", async () => {
    const output = join(freshFolder(), "x.jpg");
    for (const args of [
      [photo, "--do", "sharpn"],
      [photo, "--quality", "101"],
      [photo, "--tile-size", "7"],
      [join(folder, "missing.jpg")],
      [import.meta.path],
    ]) {
      const here = await tessera(["run", ...args, "-o", output]);
      const there = await tessera(["run", ...args, "-o", output, "--master", server.url]);
      expect(there).toEqual(here);
    }
  });

  test("does not count this machine's threads", async () => {
    const { status, err } = await remote("run", photo, "-o", "-", "--threads", "2", "--master", server.url);
    expect([status, err]).toEqual([2, expect.stringContaining("--threads")]);
  });
});

describe("P6: a master that is not there", () => {
  test("is told with its address and what to do", async () => {
    const { status, out, err } = await tessera(["jobs", "--master", "http://127.0.0.1:1"]);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /Check its address, and that it runs\. It was http:\/\/127\.0\.0\.1:1 \(.*server_unreachable/,
    );
  });

  test("by an address that is none is a mistake of the command", async () => {
    for (const url of ["127.0.0.1:8080", "ftp://a", "http://a:b@c"]) {
      const { status, err } = await tessera(["jobs", "--master", url]);
      expect([status, err]).toEqual([2, expect.stringContaining("(usage)")]);
    }
  });
});

async function first(lines: AsyncGenerator<string>): Promise<string[]> {
  for await (const line of lines) return [line];
  return [];
}
