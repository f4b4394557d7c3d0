import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { openBench } from "../engine/harness.ts";
import { addedBy, addForm, addUrls, BatchRoom, type Content, create, json, namesOf } from "./batch_room.ts";
import { type Body, edgeOf, expectProblem, UPLOAD_BYTES_MAX, uploadsIn } from "./edge.ts";

let room: BatchRoom;
beforeAll(async () => {
  room = await BatchRoom.enter();
});
afterAll(() => room.leave());

describe("P6: what is refused leaves nothing", () => {
  test("one image of many: the others are taken", async () => {
    const { app, bench } = room.open();
    const { id } = await create(app);
    const files: [string, Content][] = [
      ["text.png", "hello, this is not an image at all"],
      ["1.png", room.image],
      ["empty.png", ""],
      ["large.png", new Uint8Array([...room.image, ...new Uint8Array(UPLOAD_BYTES_MAX)])],
      ["half.png", room.image.subarray(0, 20)],
      ["2.png", room.image],
    ];
    const added = await addedBy(addForm(app, id, files));
    expect(namesOf(added)).toEqual(["1.png", "2.png"]);
    expect(added.refused.map(({ name, code }) => [name, code])).toEqual([
      ["text.png", "image_unknown_type"],
      ["empty.png", "image_empty"],
      ["large.png", "upload_too_large"],
      ["half.png", "image_truncated"],
    ]);
    expect(uploadsIn(bench.dir)).toHaveLength(2);
    const inside = await addedBy(
      addUrls(app, id, "file:///etc/passwd", room.urlOf("/3.png"), "http://10.0.0.1/4.png"),
    );
    expect([namesOf(inside), inside.refused.map(({ name, code }) => `${name} ${code}`)]).toEqual([
      ["3.png"],
      ["passwd url_refused", "4.png url_refused"],
    ]);
  });

  test("P5: more images than a batch may have, also at once", async () => {
    const { app, bench } = room.open({ batchImagesMax: 3 });
    const { id } = await create(app);
    const statuses = (await Promise.all(Array.from({ length: 6 }, () => room.addRaw(app, id)))).map(
      (each) => each.status,
    );
    expect(statuses.sort()).toEqual([202, 202, 202, 409, 409, 409]);
    expect(await expectProblem(await room.addRaw(app, id), "batch_full")).toContain("3");
    expect(uploadsIn(bench.dir)).toHaveLength(3);
  });

  test("what concerns all of them: no more are read", async () => {
    const { app, bench } = room.open({ each: { ...DEFAULT_LIMITS.each, queuedJobs: 2 } });
    const { id } = await create(app);
    const added = await addedBy(
      addForm(
        app,
        id,
        ["1", "2", "3", "4"].map((name) => [`${name}.png`, room.image]),
      ),
    );
    expect([namesOf(added), added.refused.map(({ code }) => code)]).toEqual([
      ["1.png", "2.png"],
      ["quota_reached"],
    ]);
    await expectProblem(await room.addRaw(app, id), "quota_reached");
    expect(uploadsIn(bench.dir)).toHaveLength(2);
  });

  const HEAD = `--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n`;
  const bodies: [string, () => Body, type: string, ErrorCode][] = [
    ["nothing", () => "", "image/png", "image_empty"],
    [
      "too many bytes",
      () => new Uint8Array([...room.image, ...new Uint8Array(UPLOAD_BYTES_MAX)]),
      ...(["image/png", "upload_too_large"] as const),
    ],
    ["another type", () => "x", "text/plain", "content_type_unsupported"],
    ["a form without images", () => "--b--\r\n", "multipart/form-data; boundary=b", "image_empty"],
    ["a form without a boundary", () => "x", "multipart/form-data", "upload_malformed"],
    ["a form that is none", () => "\r\n", "multipart/form-data; boundary=b", "upload_malformed"],
    [
      "a form that is cut off",
      () => `${HEAD}\x89PNG`,
      "multipart/form-data; boundary=b",
      "upload_interrupted",
    ],
    [
      "a file of another name",
      () => `${HEAD.replace("image", "file")}x\r\n--b--`,
      "multipart/form-data; boundary=b",
      "request_invalid",
    ],
    [
      "a field",
      () => `--b\r\ncontent-disposition: form-data; name="pipeline"\r\n\r\nblur\r\n--b--`,
      "multipart/form-data; boundary=b",
      "request_invalid",
    ],
    ["no JSON", () => "{", "application/json", "request_invalid"],
    ["no sources", () => '{"sources": []}', "application/json", "request_invalid"],
    ["an address inside", () => '{"sources": [{"url": "http://[::1]/"}]}', "application/json", "url_refused"],
  ];
  test.each(bodies)("%s", async (_, body, type, code) => {
    const { app, bench } = room.open();
    const { id } = await create(app);
    await expectProblem(await room.addRaw(app, id, "", body(), type), code);
    expect([uploadsIn(bench.dir), bench.master.jobs()]).toEqual([[], []]);
  });

  test("options that cannot work, as far as they can be judged before there is an image", async () => {
    const { app, bench } = room.open();
    const refused: [object, ErrorCode][] = [
      [{ pipeline: "nothing" }, "pipeline_invalid"],
      [{ pipeline: "blur(" }, "pipeline_syntax"],
      [{ pipeline: Array.from({ length: 10_000 }, () => ({ op: "flip" })) }, "pipeline_too_long"],
      [{ webhook: "http://127.0.0.1:1/" }, "url_refused"],
      [{ sepia: true }, "request_invalid"],
      [{ source: { url: "http://example.com/" } }, "request_invalid"],
    ];
    for (const [options, code] of refused) await expectProblem(await json(app, "/v1/batches", options), code);
    const wide = await create(app, { pipeline: "resize(width=20000, height=10)", format: "webp" });
    await expectProblem(await room.addRaw(app, wide.id), "output_too_large");
    const best = await create(app, { quality: 9000 });
    await expectProblem(await room.addRaw(app, best.id), "output_invalid");
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  test("addresses, where the server goes nowhere or cannot", async () => {
    const off = room.open({}, { enabled: false });
    await expectProblem(
      await json(off.app, "/v1/batches", { webhook: "https://example.com" }),
      "outbound_off",
    );
    const { id } = await create(off.app);
    await expectProblem(await addUrls(off.app, id, "https://example.com/"), "outbound_off");
    const on = room.open();
    const batch = await create(on.app, { webhook: room.urlOf("/hook") });
    room.answer = (socket) => socket.end("no HTTP");
    await expectProblem(await addUrls(on.app, batch.id, room.urlOf("/")), "source_unreachable");
    const held: Socket[] = [];
    const full = Promise.withResolvers<void>();
    room.answer = (socket) => void (held.push(socket) === 16 && full.resolve());
    const waiting = Array.from({ length: 16 }, () => addUrls(on.app, batch.id, room.urlOf("/")));
    await full.promise;
    await expectProblem(await addUrls(on.app, batch.id, room.urlOf("/")), "queue_full");
    for (const socket of held) socket.destroy();
    await Promise.all(waiting);
    const dir = on.bench.folder;
    await on.bench.master.stop();
    const unsigned = openBench(dir, {});
    room.opened.splice(room.opened.indexOf(on.bench), 1, unsigned);
    const app = edgeOf(unsigned);
    await expectProblem(await json(app, "/v1/batches", { webhook: "https://example.com" }), "webhooks_off");
    await expectProblem(await room.addRaw(app, batch.id), "webhooks_off");
  });
});
