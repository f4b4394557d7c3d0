import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "../../shared/errors.ts";
import { expectProblem, jobFrom, UPLOAD_BYTES_MAX, uploadsIn } from "./edge.ts";
import { append, create, offsetOf, submitUpload, UploadRoom, whole } from "./upload_room.ts";

let room: UploadRoom;
beforeAll(async () => {
  room = await UploadRoom.enter();
});
afterAll(() => room.leave());

describe("P6: what is refused", () => {
  const begun: [string, object, ErrorCode][] = [
    ["no length", {}, "request_invalid"],
    ["a length that is none", { "upload-length": "many" }, "request_invalid"],
    ["a length of nothing", { "upload-length": "0" }, "image_empty"],
    ["too long a file", { "upload-length": `${UPLOAD_BYTES_MAX + 1}` }, "upload_too_large"],
    ["another version", { "upload-length": "5", "tus-resumable": "0.2.2" }, "tus_version_unsupported"],
    ["a length that comes later", { "upload-defer-length": "1" }, "request_invalid"],
    ...["a b c", "a b,a b", ",", "ä eA==", "a ä"].map((text): [string, object, ErrorCode] => [
      `metadata ${text}`,
      { "upload-length": "5", "upload-metadata": text },
      "request_invalid",
    ]),
  ];
  test.each(begun)("to begin with %s", async (_, headers, code) => {
    const { ask, bench } = room.open();
    const response = await ask("POST", "/v1/uploads", headers);
    expect(response.headers.get("tus-version")).toBe("1.0.0");
    await expectProblem(response, code);
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  const sent: [string, object, string, ErrorCode][] = [
    ["no offset", { "upload-offset": "" }, "x", "request_invalid"],
    ["another offset", { "upload-offset": "4" }, "x", "upload_offset_wrong"],
    ["another type", { "content-type": "image/png" }, "x", "content_type_unsupported"],
    ["another version", { "tus-resumable": "2.0.0" }, "x", "tus_version_unsupported"],
    ["too many bytes", {}, "\x89PNG".repeat(1000), "upload_too_large"],
  ];
  test.each(sent)("to send with %s, and the upload stays as it is", async (_, headers, body, code) => {
    const { ask } = room.open();
    const { id } = await create(ask, 2000);
    await expectProblem(await append(ask, id, 0, body, headers), code);
    expect(await offsetOf(ask, id)).toBe(0);
  });

  test.each(["GET", "DELETE"])("to %s it in another version", async (method) => {
    const { ask } = room.open();
    const { id } = await create(ask, 2000);
    const other = { "tus-resumable": "1.1.0" };
    await expectProblem(await ask(method, `/v1/uploads/${id}`, other), "tus_version_unsupported");
  });

  test("to send more than was said, without a word of how much", async () => {
    const { ask, bench } = room.open();
    const { id } = await create(ask, room.image.length - 10);
    const bytes = new Blob([room.image]).stream();
    await expectProblem(await append(ask, id, 0, bytes), "upload_too_large");
    expect(await offsetOf(ask, id)).toBeLessThanOrEqual(room.image.length - 10);
    expect(uploadsIn(bench.dir)).toEqual([id]);
  });

  const nothing: [string, string, ErrorCode][] = [
    ["a text", "hello, this is no image", "image_unknown_type"],
    ["a page", "<html></html>", "image_type_refused"],
  ];
  test.each(nothing)("%s, whole or as soon as it is seen, and nothing stays of it", async (_, text, code) => {
    const { ask, bench } = room.open();
    for (const [length, parts] of [
      [text.length, [text]],
      [text.length, [text.slice(0, 3), text.slice(3)]],
      [5000, [text.padEnd(300), " ".repeat(300)]],
    ] as const) {
      const { id } = await create(ask, length);
      let offset = 0;
      for (const part of parts.slice(0, -1)) {
        expect((await append(ask, id, offset, part)).status).toBe(204);
        offset += part.length;
      }
      await expectProblem(await append(ask, id, offset, parts.at(-1)!), code);
      await expectProblem(await ask("GET", `/v1/uploads/${id}`), "upload_not_found");
    }
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  test("a job of an upload that is not whole, or not there, or not named", async () => {
    const { ask, bench } = room.open();
    const named = await ask(
      "POST",
      "/v1/jobs",
      { "content-type": "application/json" },
      '{"source": {"id": "x"}}',
    );
    expect(await expectProblem(named, "request_invalid")).toContain(
      "/source: expected an object with url or an object with upload",
    );
    const { id } = await create(ask, room.image.length);
    expect(await expectProblem(await submitUpload(ask, id), "upload_incomplete")).toContain("0 bytes");
    await expectProblem(await submitUpload(ask, "nobody"), "upload_not_found");
    expect(bench.master.jobs()).toEqual([]);
  });

  test("what comes from a sender that goes away, but what has come stays", async () => {
    const { ask, bench } = room.open();
    const { id } = await create(ask, room.image.length);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(room.image.slice(0, 1234));
      },
      pull(controller) {
        controller.error(new Error("gone"));
      },
    });
    await expectProblem(await append(ask, id, 0, body), "upload_interrupted");
    expect(await offsetOf(ask, id)).toBe(1234);
    expect((await append(ask, id, 1234, room.image.slice(1234))).status).toBe(204);
    expect(readFileSync(join(bench.dir, "uploads", id)).equals(room.image)).toBe(true);
  });

  test.each(["HEAD", "PATCH", "DELETE"])(
    "a part that stands still, as soon as somebody goes on with the upload by %s",
    async (method) => {
      const { ask, bench } = room.open();
      const { id } = await create(ask, room.image.length);
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const first = append(ask, id, 0, readable);
      const writer = writable.getWriter();
      await writer.write(room.image.slice(0, 1000));
      if (method === "HEAD") {
        const offset = await offsetOf(ask, id);
        expect((await append(ask, id, offset, room.image.slice(offset))).status).toBe(204);
        await jobFrom(await submitUpload(ask, id));
      } else if (method === "PATCH")
        await expectProblem(await append(ask, id, 1, room.image.slice(1)), "upload_offset_wrong");
      else {
        expect((await ask(method, `/v1/uploads/${id}`)).status).toBe(204);
        expect(uploadsIn(bench.dir)).toEqual([]);
      }
      await expectProblem(await first, "upload_busy");
    },
  );

  test("everything while a job is made of it", async () => {
    const { ask, bench } = room.open();
    const { id } = await whole(ask, room.image);
    const { leave } = bench.master.uploads.take("ann", id);
    await expectProblem(await append(ask, id, room.image.length, ""), "upload_busy");
    await expectProblem(await ask("DELETE", `/v1/uploads/${id}`), "upload_busy");
    await expectProblem(await submitUpload(ask, id), "upload_busy");
    expect(await offsetOf(ask, id)).toBe(room.image.length);
    leave();
    await jobFrom(await submitUpload(ask, id));
  });
});
