import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DAMAGED, HEADERS } from "../codecs/hostile_headers.ts";
import { OTHER_KINDS, TWO_AT_ONCE } from "../codecs/hostile_kinds.ts";
import { LIMITS } from "../codecs/pictures.ts";
import { type Bench, decodeFile, difference, picture, spec, unowned, withBench } from "../engine/harness.ts";
import { answer, uploaded } from "../engine/job_states.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { type Edge, edgeOf, expectProblem, formOf, UPLOAD_BYTES_MAX, uploadsIn } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-editing-"));
const SIZE = { width: 300, height: 200 };
let path = "";
let image: Buffer<ArrayBuffer>;

beforeAll(async () => {
  path = await picture(folder, spec(SIZE.width, SIZE.height));
  image = Buffer.from(readFileSync(path));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A form's beginning, with the boundary `b`. */
const HEAD = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n';

const send = (app: Edge, body: Uint8Array<ArrayBuffer> | string = image, headers = {}): Promise<Response> =>
  Promise.resolve(
    app.request("/v1/proxies", {
      method: "POST",
      body,
      headers: { "content-type": "image/png", ...headers },
    }),
  );

async function proxyOf(app: Edge, headers = {}): Promise<string> {
  const response = await send(app, image, headers);
  expect(response.status).toBe(201);
  const { id, ...size } = (await response.json()) as { id: string };
  expect(size as object).toEqual(SIZE);
  expect(response.headers.get("location")).toBe(`/v1/proxies/${id}`);
  return id;
}

const look = (app: Edge, body: object, headers = {}): Promise<Response> =>
  Promise.resolve(
    app.request("/v1/preview", {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    }),
  );

async function pixelsOf(response: Response) {
  expect(response.status).toBe(200);
  const file = join(folder, "answer");
  await Bun.write(file, await response.arrayBuffer());
  return decodeFile(file);
}

const shelf = ({ dir }: Bench): string[] => readdirSync(join(dir, "previews", "shelf"));

describe("POST /v1/preview", () => {
  test("P1: at full size it is the result, bit for bit, of a proxy, of a job and of what comes along", async () => {
    await withBench({ limits: { sourceKeptMs: 3_600_000 } }, async (bench) => {
      const app = edgeOf(bench);
      const pipeline = "blur(sigma=3) | rotate(angle=90) | equalize | sharpen";
      new OwnWorker(bench.bus, bench.buffers, answer);
      const output = { format: "png" } as const;
      await bench.master.submit({ id: "it", source: uploaded(bench, path, "it"), pipeline, output });
      await bench.master.wait("it");
      const result = await decodeFile(bench.master.resultPath("it"));
      const asked = { pipeline, format: "png", size: 300 };
      const form = formOf(new Blob([image]), { pipeline, format: "png", size: "300" });
      for (const response of [
        await look(app, { ...asked, proxy: await proxyOf(app) }),
        await look(app, { ...asked, job: "it" }),
        await app.request("/v1/preview", { method: "POST", body: form }),
      ] as Response[]) {
        expect(response.headers.get("tessera-exact")).toBe("true");
        expect(response.headers.get("tessera-scale")).toBe("1");
        expect(difference(await pixelsOf(response), result)).toBe("same");
      }
      expect(uploadsIn(bench.dir)).toEqual(["it"]);
    });
  });

  test("a region at full size is the result's own pixels there; smaller, it is scaled", async () => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const proxy = await proxyOf(app);
      const asked = { proxy, pipeline: "median | unsharp_mask(sigma=2)", format: "png" };
      const whole = await pixelsOf(await look(app, { ...asked, size: 300 }));
      const region = [90, 40, 64, 50];
      const part = await pixelsOf(await look(app, { ...asked, size: 64, region }));
      for (let y = 0; y < 50; y++) {
        const own = part.data.subarray(y * part.stride, y * part.stride + 64 * 3);
        const at = (40 + y) * whole.stride + 90 * 3;
        expect(own).toEqual(whole.data.subarray(at, at + 64 * 3));
      }
      const small = await look(app, { ...asked, size: 32, region });
      expect(small.headers.get("tessera-exact")).toBe("false");
      expect(small.headers.get("tessera-scale")).toBe("0.5");
      expect((await pixelsOf(small)).rect).toMatchObject({ width: 32, height: 25 });
    });
  });

  test.each(["edge_detection", "threshold", "otsu_threshold", "laplacian(offset=128)", "erode | sharpen"])(
    "smaller, it is what the result looks like when that is reduced: %s",
    async (pipeline) => {
      await withBench({}, async (bench) => {
        const app = edgeOf(bench);
        const asked = { proxy: await proxyOf(app), format: "png" };
        const small = await look(app, { ...asked, pipeline, size: 100 });
        expect(small.headers.get("tessera-exact")).toBe("false");
        const reduced = await look(app, { ...asked, pipeline: `${pipeline} | resize(width=100)`, size: 300 });
        expect(reduced.headers.get("tessera-exact")).toBe("true");
        expect(difference(await pixelsOf(small), await pixelsOf(reduced))).toBe("same");
      });
    },
  );

  test("has the formats and the size that it is asked for", async () => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const proxy = await proxyOf(app);
      for (const format of ["jpeg", "webp", "png"]) {
        const response = await look(app, {
          proxy,
          format,
          size: 150,
          quality: 50,
          pipeline: [{ op: "flip" }],
        });
        expect(response.headers.get("content-type")).toBe(`image/${format}`);
        expect((await pixelsOf(response)).rect).toMatchObject({ width: 150, height: 100 });
      }
      expect((await pixelsOf(await look(app, { proxy }))).rect).toMatchObject(SIZE);
    });
  });

  test("what takes longer than it may is shown with fewer pixels", async () => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const asked = { proxy: await proxyOf(app), within_ms: 10 };
      const quick = await look(app, { ...asked, pipeline: "invert" });
      expect(quick.headers.get("tessera-exact")).toBe("true");
      const slow = await look(app, { ...asked, pipeline: "bilateral(radius=20)" });
      expect(slow.headers.get("tessera-exact")).toBe("false");
      const scale = Number(slow.headers.get("tessera-scale"));
      expect(scale).toBeLessThan(1);
      expect((await pixelsOf(slow)).rect.width).toBe(Math.round(SIZE.width * scale));
    });
  });

  test("of a lane only the newest look counts", async () => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const proxy = await proxyOf(app);
      const looks = [1, 2, 3].map((sigma) =>
        look(app, { proxy, lane: "a", pipeline: `blur(sigma=${sigma})` }),
      );
      const [first, second, third] = await Promise.all(looks);
      await expectProblem(first!, "preview_superseded");
      await expectProblem(second!, "preview_superseded");
      expect(third!.status).toBe(200);
    });
  });
});

describe("P6: what cannot be looked at", () => {
  test.each([
    [{ pipeline: "blurr" }, "pipeline_invalid"],
    [{ pipeline: "blur(" }, "pipeline_syntax"],
    [{ pipeline: `${"flip|".repeat(100)}flip` }, "pipeline_too_long"],
    [{ pipeline: "resize(scale=1000)|resize(scale=100)" }, "output_too_large"],
    [{ region: [300, 0, 10, 10] }, "request_invalid"],
    [{ region: [0, 0, 10] }, "request_invalid"],
    [{ size: 2049 }, "request_invalid"],
    [{ quality: 0 }, "request_invalid"],
    [{ within_ms: 9 }, "request_invalid"],
    [{ format: "gif" }, "request_invalid"],
    [{ colour: "red" }, "request_invalid"],
    [{ job: "it" }, "request_invalid"],
    [{ proxy: "nope" }, "proxy_not_found"],
    [{ proxy: undefined, job: "nope" }, "job_not_found"],
    [{ proxy: undefined }, "request_invalid"],
  ] as const)("%j", async (asked, code) => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      await expectProblem(await look(app, { proxy: await proxyOf(app), ...asked }), code);
    });
  });

  test.each([
    ["", "image_empty"],
    ["hello, this is not an image at all", "image_unknown_type"],
    ["<svg xmlns='http://www.w3.org/2000/svg'/>", "image_type_refused"],
    ["half", "image_truncated"],
    ["large", "upload_too_large"],
  ] as const)("P7: an image that is none: %s", async (what, code) => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const half = image.subarray(0, 900);
      const body = what === "half" ? half : what === "large" ? Buffer.alloc(300_000, image) : what;
      await expectProblem(await send(app, body), code);
      const form = formOf(new Blob([body]));
      await expectProblem(
        (await app.request("/v1/preview", { method: "POST", body: form })) as Response,
        code,
      );
      for (const path of ["/v1/proxies", "/v1/preview"]) {
        const post = async (type: string, sent: string | Uint8Array<ArrayBuffer>) =>
          (await app.request(path, {
            method: "POST",
            body: sent,
            headers: { "content-type": type },
          })) as Response;
        await expectProblem(await post("text/plain", body), "content_type_unsupported");
        await expectProblem(await post("multipart/form-data", HEAD), "upload_malformed");
        const cut = Buffer.concat([Buffer.from(HEAD), image]);
        await expectProblem(await post("multipart/form-data; boundary=b", cut), "upload_interrupted");
      }
      expect([uploadsIn(bench.dir), shelf(bench)]).toEqual([[], []]);
    });
  });

  const HOSTILE = [...HEADERS, ...OTHER_KINDS, ...TWO_AT_ONCE, ...DAMAGED].filter(
    ([, bytes, , code]) => code !== undefined && bytes.length < UPLOAD_BYTES_MAX,
  );

  test("P7: hostile files get the same refusals as with jobs, and leave nothing", async () => {
    await withBench({ limits: LIMITS }, async (bench) => {
      const app = edgeOf(bench);
      expect(HOSTILE.length).toBeGreaterThan(20);
      for (const [what, bytes, , code] of HOSTILE) {
        const body = new Uint8Array(bytes);
        const form = formOf(new Blob([body]));
        const looked = (await app.request("/v1/preview", { method: "POST", body: form })) as Response;
        for (const response of [await send(app, body), looked])
          expect([what, ((await response.json()) as { code: string }).code]).toEqual([what, code!]);
      }
      expect([uploadsIn(bench.dir), shelf(bench)]).toEqual([[], []]);
    });
  }, 120_000);

  test("a wrong pipeline beside an image leaves nothing of it", async () => {
    await withBench({}, async (bench) => {
      const form = formOf(new Blob([image]), { pipeline: "blurr" });
      const response = await edgeOf(bench).request("/v1/preview", { method: "POST", body: form });
      await expectProblem(response as Response, "pipeline_invalid");
      expect([uploadsIn(bench.dir), shelf(bench)]).toEqual([[], []]);
    });
  });

  test("the source of a job that keeps none", async () => {
    await withBench({}, async (bench) => {
      await bench.master.submit({ id: "it", source: unowned(path), pipeline: "" });
      bench.master.pause("it");
      await expectProblem(await look(edgeOf(bench), { job: "it" }), "job_source_gone");
    });
  });

  test("P5: more at once than may wait", async () => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const proxy = await proxyOf(app);
      const looks = Array.from({ length: 50 }, (_, i) => look(app, { proxy, size: 16 + i }));
      const full = (await Promise.all(looks)).filter(({ status }) => status !== 200);
      expect(full.length).toBe(50 - 34);
      for (const refused of full) await expectProblem(refused, "queue_full");
      const sent = await Promise.all(Array.from({ length: 70 }, () => send(app)));
      const late = sent.filter(({ status }) => status !== 201);
      expect(late.length).toBeGreaterThan(0);
      for (const refused of late) await expectProblem(refused, "queue_full");
    });
  }, 120_000);

  test("P5: a pipeline that needs most of a huge image for a single pixel", async () => {
    await withBench({ limits: { pixelsMax: 2_000_000_000 } }, async (bench) => {
      const app = edgeOf(bench);
      const pipeline =
        "resize(scale=150) | resize(width=20, height=15) | box_blur(radius=9) | box_blur(radius=9)";
      await expectProblem(await look(app, { proxy: await proxyOf(app), pipeline }), "pipeline_unbounded");
    });
  });

  test.each([
    ["image_too_many_pixels", { previewBytesMax: 1000 }],
    ["disk_full", { freeBytesMin: Number.MAX_SAFE_INTEGER }],
  ] as const)("P5: an image that there is no room for: %s", async (code, limits) => {
    await withBench({ limits }, async (bench) => {
      await expectProblem(await send(edgeOf(bench)), code);
      const form = formOf(new Blob([image]));
      const looked = await edgeOf(bench).request("/v1/preview", { method: "POST", body: form });
      await expectProblem(looked as Response, code);
      expect([uploadsIn(bench.dir), shelf(bench)]).toEqual([[], []]);
    });
  });
});

test("P7: a proxy is its owner's, who may let go of it", async () => {
  await withBench({}, async (bench) => {
    const app = edgeWithCallers(bench);
    const proxy = await proxyOf(app, as("anna", "submit"));
    const remove = (headers: object) =>
      Promise.resolve(app.request(`/v1/proxies/${proxy}`, { method: "DELETE", headers: { ...headers } }));
    await expectProblem(await look(app, { proxy }, as("anna", "read", "operate")), "forbidden");
    await expectProblem(await look(app, { proxy }, as("bert", "submit")), "proxy_not_found");
    await expectProblem(await remove(as("bert", "submit")), "proxy_not_found");
    expect((await look(app, { proxy }, as("anna", "submit"))).status).toBe(200);
    expect((await remove(as("anna", "submit"))).status).toBe(204);
    expect(shelf(bench)).toEqual([]);
    await expectProblem(await look(app, { proxy }, as("anna", "submit")), "proxy_not_found");
  });
});
