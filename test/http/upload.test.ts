import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import type { JobView } from "../../master/jobs/job.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { type Bench, openBench, picture, spec, turn } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { checkAnswer } from "./answers.ts";
import {
  type Body,
  type Edge,
  edgeOf,
  expectProblem,
  formOf,
  jobFrom,
  sendForm,
  sendRaw,
  UPLOAD_BYTES_MAX,
  uploadsIn,
} from "./edge.ts";

let folder = "";
let bench: Bench;
let app: Edge;
let image: Buffer<ArrayBuffer>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-upload-"));
  bench = openBench(folder);
  app = edgeOf(bench);
  image = Buffer.from(readFileSync(await picture(folder, spec(120, 90))));
});

afterEach(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Nothing of a refused upload stays: no file, no job. */
function expectNothingLeft(): void {
  expect(uploadsIn(bench.dir)).toEqual([]);
  expect(bench.master.jobs()).toEqual([]);
}

describe("P6: an upload that is refused leaves nothing", () => {
  const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  const bodies: [string, () => string | Uint8Array<ArrayBuffer>, type: string, ErrorCode][] = [
    ["no bytes", () => "", "image/png", "image_empty"],
    ["a text", () => "hello, this is not an image at all", "image/png", "image_unknown_type"],
    [
      "SVG that is called PNG",
      () => "<svg xmlns='http://www.w3.org/2000/svg'/>",
      "image/png",
      "image_type_refused",
    ],
    ["PDF", () => "%PDF-1.7 ...", "application/octet-stream", "image_type_refused"],
    ["a PNG's first bytes", () => PNG, "image/png", "image_truncated"],
    ["half a PNG's header", () => image.subarray(0, 20), "image/png", "image_truncated"],
    ["a type that is none of ours", () => image, "text/plain", "content_type_unsupported"],
    ["JSON without an address", () => "{}", "application/json", "request_invalid"],
    [
      "more bytes than allowed",
      () => Buffer.concat([image, Buffer.alloc(UPLOAD_BYTES_MAX)]),
      "image/png",
      "upload_too_large",
    ],
  ];

  test.each(bodies)("%s", async (_, body, type, code) => {
    await expectProblem(await sendRaw(app, body(), "", type), code);
    expectNothingLeft();
  });

  test("no content type at all", async () => {
    await expectProblem(
      await app.request("/v1/jobs", { method: "POST", body: new Uint8Array(image) }),
      "content_type_unsupported",
    );
  });

  test("more bytes than it says, or than it dares to say: counted as they come", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(sent === 0 ? new Uint8Array(image) : new Uint8Array(10_000));
        sent += 10_000;
      },
    });
    await expectProblem(await sendRaw(app, endless), "upload_too_large");
    expect(sent).toBeLessThan(UPLOAD_BYTES_MAX + 100_000);
    expectNothingLeft();
  });

  test("an unknown type is refused after its first bytes", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(600).fill(65));
        sent += 600;
      },
    });
    await expectProblem(await sendRaw(app, endless), "image_unknown_type");
    expect(sent).toBeLessThan(20_000);
    expectNothingLeft();
  });

  test("wrong options cost no upload at all", async () => {
    let pulled = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull() {
          pulled = true;
        },
      },
      { highWaterMark: 0 },
    );
    await expectProblem(await sendRaw(app, body, "?quality=best"), "request_invalid");
    expect(pulled).toBe(false);
  });
});

describe("P6: a form that is not as it should be", () => {
  const blob = () => new Blob([image], { type: "image/png" });

  test("has its file under another name", async () => {
    const form = new FormData();
    form.append("file", blob(), "a.png");
    expect(await expectProblem(await sendForm(app, form), "request_invalid")).toContain("'image'");
    expectNothingLeft();
  });

  test("has no file, or only a text called image", async () => {
    const form = new FormData();
    form.append("pipeline", "blur");
    await expectProblem(await sendForm(app, form), "image_empty");
    form.append("image", "not a file");
    const { status } = await sendForm(app, form);
    expect(status).toBe(400);
    expectNothingLeft();
  });

  test("has two files", async () => {
    const form = formOf(blob());
    form.append("image", blob(), "b.png");
    expect(await expectProblem(await sendForm(app, form), "upload_malformed")).toContain("too many");
    expectNothingLeft();
  });

  test("has too many fields", async () => {
    const form = formOf(blob(), Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, "x"])));
    expect(await expectProblem(await sendForm(app, form), "upload_malformed")).toContain("too many");
    expectNothingLeft();
  });

  test("has a field that is too long, which is never cut short in silence", async () => {
    const long = `flip${" ".repeat(70_000)}| invert`;
    expect(
      await expectProblem(await sendForm(app, formOf(blob(), { pipeline: long })), "request_invalid"),
    ).toContain("longer");
    expectNothingLeft();
  });

  test("has a field twice, so that nobody could say which one is meant", async () => {
    for (const value of ["flip", "invert"]) {
      const form = formOf(blob(), { pipeline: "flip" });
      form.append("pipeline", value);
      expect(await expectProblem(await sendForm(app, form), "request_invalid")).toContain("more than once");
    }
    expectNothingLeft();
  });

  test("has a wrong or unknown option", async () => {
    await expectProblem(await sendForm(app, formOf(blob(), { quality: "9000" })), "output_invalid");
    await expectProblem(await sendForm(app, formOf(blob(), { sepia: "1" })), "request_invalid");
    await expectProblem(await sendForm(app, formOf(blob(), { __proto__x: "1" })), "request_invalid");
    expectNothingLeft();
  });

  test("is larger than allowed", async () => {
    const form = formOf(new Blob([image, new Uint8Array(UPLOAD_BYTES_MAX)]));
    await expectProblem(await sendForm(app, form), "upload_too_large");
    expectNothingLeft();
  });

  const head = (boundary: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n`;
  const malformed: [string, type: string, body: () => string | Uint8Array<ArrayBuffer>][] = [
    ["no boundary", "multipart/form-data", () => "x"],
    ["an empty body", "multipart/form-data; boundary=b", () => "\r\n"],
    [
      "another boundary",
      "multipart/form-data; boundary=c",
      () => Buffer.concat([Buffer.from(head("b")), image]),
    ],
    [
      "headers without an end",
      "multipart/form-data; boundary=b",
      () => `--b\r\n${"x: y\r\n".repeat(20_000)}`,
    ],
  ];

  test("has no end, as when its sender was cut off", async () => {
    const body = Buffer.concat([Buffer.from(head("b")), image]);
    await expectProblem(
      await sendRaw(app, body, "", "multipart/form-data; boundary=b"),
      "upload_interrupted",
    );
    expectNothingLeft();
  });

  test.each(malformed)("has %s", async (_, type, body) => {
    await expectProblem(await sendRaw(app, body(), "", type), "upload_malformed");
    expectNothingLeft();
  });

  test("P7: has names that lead elsewhere", async () => {
    new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
    for (const name of ["../../../evil.png", "/etc/passwd", "C:\\evil.png", "a\nb\r.png"]) {
      const job = await jobFrom(await sendForm(app, formOf(blob(), {}, name)));
      expect(job.source.name).not.toMatch(/[\\/\n\r]/);
      expect((await bench.master.wait(job.id)).state).toBe("done");
    }
    await bench.master.stop(); // the source goes after the job is told to be done
    expect(uploadsIn(bench.dir)).toEqual([]);
  });
});

test("a file's name is what the browser says, whatever its letters", async () => {
  for (const name of ["Käse, größer.png", "写真.png", "🦉.png"]) {
    const form = formOf(new Blob([image]), {}, name);
    expect((await jobFrom(await sendForm(app, form))).source.name).toBe(name);
  }
});

describe("over a socket", () => {
  let server: TesseraServer;
  const dir = () => join(folder, "served");
  const serve = (limits = {}) => {
    server = startServer({ dir: dir(), threads: 1, limits, checkAnswer });
  };

  afterEach(() => server.stop());

  const finished = async (id: string): Promise<JobView> => {
    for (;;) {
      const job = (await (await fetch(`${server.url}/v1/jobs/${id}`)).json()) as JobView;
      if (job.ended_at !== undefined) return job;
    }
  };
  const post = (body: Body, query = "") =>
    fetch(`${server.url}/v1/jobs${query}`, {
      method: "POST",
      body,
      headers: { "content-type": "image/png" },
    });

  /** Sends the beginning of an upload, waits until the server has written some of it, and goes away. */
  async function abandon(type: string, start: Buffer): Promise<void> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(
      `POST /v1/jobs HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: ${type}\r\ncontent-length: 1000000\r\n\r\n`,
    );
    socket.write(start);
    while (uploadsIn(dir()).length === 0) await turn();
    socket.destroy();
    while (uploadsIn(dir()).length > 0) await turn();
  }

  test("P6: a client that goes away in mid-body leaves nothing, and the next is served", async () => {
    serve();
    await abandon("image/png", image.subarray(0, 5000));
    const part = '--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n';
    await abandon(
      "multipart/form-data; boundary=b",
      Buffer.concat([Buffer.from(part), image.subarray(0, 5000)]),
    );
    expect(await (await fetch(`${server.url}/v1/jobs`)).json()).toEqual({ jobs: [] });
    const { id } = await jobFrom(await post(image, "?pipeline=invert"));
    expect((await finished(id)).state).toBe("done");
  });

  test("P6: too large is said before the body, and in the middle of it", async () => {
    serve({ uploadBytesMax: 50_000 });
    await expectProblem(await post(new Uint8Array(60_000)), "upload_too_large");
    const chunks = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(image.subarray(0, 16_384));
      },
    });
    await expectProblem(await post(chunks), "upload_too_large");
    expect(uploadsIn(dir())).toEqual([]);
  });

  test("the result in ranges, and HEAD with its true size", async () => {
    serve();
    const { id } = await jobFrom(await post(image, "?pipeline=blur"));
    await finished(id);
    const url = `${server.url}/v1/jobs/${id}/result`;
    const whole = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const range = async (asked: string) => {
      const response = await fetch(url, { headers: { range: asked } });
      return {
        status: response.status,
        bytes: new Uint8Array(await response.arrayBuffer()),
        headers: response.headers,
      };
    };
    const first = await range("bytes=0-99");
    expect([first.status, first.headers.get("content-range")]).toEqual([206, `bytes 0-99/${whole.length}`]);
    expect(first.bytes).toEqual(whole.slice(0, 100));
    expect((await range("bytes=-7")).bytes).toEqual(whole.slice(-7));
    expect((await range(`bytes=${whole.length - 3}-`)).bytes).toEqual(whole.slice(-3));
    expect((await range(`bytes=${whole.length}-`)).status).toBe(416);
    const head = await fetch(url, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(`${whole.length}`);
  });

  test("P4: twenty uploads at once are twenty jobs, each with its own pixels", async () => {
    serve();
    const pictures = await Promise.all(
      Array.from({ length: 20 }, async (_, i) =>
        readFileSync(await picture(folder, spec(60 + i, 50, 3, 8, i))),
      ),
    );
    const jobs = await Promise.all(
      pictures.map(async (bytes) => jobFrom(await post(bytes, "?pipeline=flip|flip"))),
    );
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(20);
    for (const [i, { id }] of jobs.entries()) {
      const { state, output } = await finished(id);
      expect([state, output.width, output.height]).toEqual(["done", 60 + i, 50]);
    }
    // Kept with their results.
    expect(uploadsIn(dir()).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  });

  test("P5: a port or a folder that is taken is said so, and the first server goes on", async () => {
    serve();
    const port = Number(new URL(server.url).port);
    expect(() => startServer({ dir: join(folder, "second"), threads: 1, port })).toThrow(
      expect.objectContaining({ code: "config_invalid" }),
    );
    expect(() => startServer({ dir: dir(), threads: 1 })).toThrow(
      expect.objectContaining({ code: "folder_in_use" }),
    );
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    // What did not get its port lets go of its folder.
    let second: TesseraServer | undefined;
    while (second === undefined) {
      await turn();
      second = startedUnlessInUse(join(folder, "second"));
    }
    await second.stop();
  });
});

function startedUnlessInUse(dir: string): TesseraServer | undefined {
  try {
    return startServer({ dir, threads: 1 });
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: "folder_in_use" });
    return undefined;
  }
}

test.each(["0.0.0.0", "::", "192.168.0.10", "example.org", "", "127.0.0.1.nip.io"])(
  "P7: without credentials nothing is served on %p",
  (hostname) => {
    expect(() => startServer({ hostname, dir: join(folder, "never") })).toThrow(
      expect.objectContaining({ code: "address_not_loopback" }),
    );
  },
);
