import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import type { Added } from "../../shared/api/batch.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { answerOf } from "../outbound/servers.ts";
import { addedBy, addUrls, BatchRoom, create, namesOf } from "./batch_room.ts";
import { type Edge, edgeOf, expectProblem, uploadsIn } from "./edge.ts";

let room: BatchRoom;
beforeAll(async () => {
  room = await BatchRoom.enter();
});
afterAll(() => room.leave());

const idsOf = ({ jobs }: Added): string[] => jobs.map(({ id }) => id);
const remove = (app: Edge, id: string) =>
  Promise.resolve(app.request(`/v1/batches/${id}`, { method: "DELETE" }));

/** Images as a form, or addresses as JSON, with a key. */
function send(app: Edge, id: string, images: FormData | string[], key = "k") {
  const form = images instanceof FormData;
  const body = form ? images : JSON.stringify({ sources: images.map((url) => ({ url })) });
  const headers = { "idempotency-key": key, ...(!form && { "content-type": "application/json" }) };
  return Promise.resolve(app.request(`/v1/batches/${id}/images`, { method: "POST", body, headers }));
}

function formOf(...images: (Uint8Array<ArrayBuffer> | string)[]): FormData {
  const form = new FormData();
  for (const [i, image] of images.entries()) form.append("image", new Blob([image]), `${i}.png`);
  return form;
}

describe("a batch that is deleted", () => {
  test("P9: goes with all of its jobs, whatever they were doing, and with their files; others stay", async () => {
    const { app, bench } = room.open();
    const { id } = await create(app, { pipeline: "invert" });
    const other = await create(app);
    const first = await addedBy(room.addRaw(app, id));
    const stays = await addedBy(room.addRaw(app, other.id));
    new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
    await bench.master.wait(first.jobs[0]!.id);
    await bench.master.wait(stays.jobs[0]!.id);
    const more = await addedBy(send(app, id, formOf(room.image, room.image)));
    bench.master.pause(more.jobs[0]!.id);
    expect((await remove(app, id)).status).toBe(204);
    for (const gone of [...idsOf(first), ...idsOf(more)]) expect(bench.master.job(gone)).toBeUndefined();
    expect(bench.master.jobs().map((job) => job.id)).toEqual(idsOf(stays));
    await expectProblem(await app.request(`/v1/batches/${id}`), "batch_not_found");
    await expectProblem(await room.addRaw(app, id), "batch_not_found");
    await expectProblem(await remove(app, id), "batch_not_found");
    expect((await app.request(`/v1/batches/${other.id}/results`)).status).toBe(200);
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  test("P6: takes no image that is still on its way, of which nothing is left", async () => {
    const { app, bench } = room.open();
    const { id } = await create(app);
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    const writer = writable.getWriter();
    const slow = room.addRaw(app, id, "", readable);
    await writer.write(room.image.slice(0, 1000));
    expect((await remove(app, id)).status).toBe(204);
    await writer.write(room.image.slice(1000));
    await writer.close();
    await expectProblem(await slow, "batch_not_found");
    expect([bench.master.jobs(), uploadsIn(bench.dir)]).toEqual([[], []]);
  });
});

describe("P4: images that are sent again with their Idempotency-Key", () => {
  test("become no second jobs, also once the batch is full", async () => {
    const { app, bench } = room.open({ batchImagesMax: 2 });
    const { id } = await create(app);
    const first = await addedBy(send(app, id, formOf(room.image, room.image)));
    const again = await addedBy(send(app, id, formOf(room.image, room.image)));
    expect(idsOf(first)).toHaveLength(2);
    expect(idsOf(again)).toEqual(idsOf(first));
    expect(uploadsIn(bench.dir).toSorted()).toEqual(idsOf(first).toSorted());
  });

  test("go on where the request broke off", async () => {
    const { app, bench } = room.open({ batchImagesMax: 2 });
    const { id } = await create(app);
    const first = await addedBy(send(app, id, formOf(room.image, room.image, room.image)));
    expect([namesOf(first), first.refused.map(({ code }) => code)]).toEqual([
      ["0.png", "1.png"],
      ["batch_full"],
    ]);
    await bench.master.remove([idsOf(first)[0]!]);
    const again = await addedBy(send(app, id, formOf(room.image, room.image, room.image)));
    expect(namesOf(again)).toEqual(["0.png", "1.png"]);
    expect(idsOf(again)[0]).not.toBe(idsOf(first)[0]);
    expect(idsOf(again)[1]).toBe(idsOf(first)[1]!);
  });

  test("are refused if they are others, and while the first request is under way", async () => {
    const { app } = room.open();
    const { id } = await create(app);
    await addedBy(send(app, id, formOf(room.image)));
    const changed = Uint8Array.from([...room.image, 0]);
    await expectProblem(await send(app, id, formOf(changed)), "idempotency_key_reused");
    const asked = Promise.withResolvers<Socket>();
    room.answer = (socket) => asked.resolve(socket);
    const slow = send(app, id, [room.urlOf("/a.png")], "other");
    const socket = await asked.promise;
    await expectProblem(await send(app, id, [room.urlOf("/a.png")], "other"), "idempotency_key_busy");
    socket.end(answerOf("200 OK", {}, Buffer.from(room.image)));
    await addedBy(slow);
  });
});

describe("P5: addresses of many images", () => {
  test("are fetched beside each other, so many at once, and told in their order", async () => {
    const { app } = room.open();
    const { id } = await create(app);
    const sockets: Socket[] = [];
    const eight = Promise.withResolvers<void>();
    const give = (socket: Socket) => socket.end(answerOf("200 OK", {}, Buffer.from(room.image)));
    room.answer = (socket) => void (sockets.push(socket) === 8 && eight.resolve());
    const names = Array.from({ length: 12 }, (_, i) => `${i}.png`);
    const adding = addUrls(app, id, ...names.map((name) => room.urlOf(`/${name}`)));
    await eight.promise;
    expect(sockets).toHaveLength(8);
    room.answer = give;
    for (const socket of sockets.toReversed()) give(socket);
    expect(namesOf(await addedBy(adding))).toEqual(names);
  });

  test("that have to wait for too long are to be sent again; what is there is not fetched twice", async () => {
    const { bench } = room.open();
    const app = edgeOf(bench, { fetchesBeginMs: 0 });
    const { id } = await create(app);
    let fetched = 0;
    room.answer = (socket) => {
      fetched++;
      socket.end(answerOf("200 OK", {}, Buffer.from(room.image)));
    };
    const urls = Array.from({ length: 10 }, (_, i) => room.urlOf(`/${i}.png`));
    const first = await addedBy(send(app, id, urls));
    expect(namesOf(first)).toHaveLength(8);
    expect(first.refused.map(({ name, code }) => [name, code])).toEqual([
      ["8.png", "fetch_postponed"],
      ["9.png", "fetch_postponed"],
    ]);
    const again = await addedBy(send(app, id, urls));
    expect([idsOf(again).slice(0, 8), again.jobs.length, again.refused]).toEqual([idsOf(first), 10, []]);
    expect(fetched).toBe(10);
  });
});
