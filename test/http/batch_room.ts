import { expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS, type Limits } from "../../master/limits.ts";
import type { Added, BatchView } from "../../shared/api/batch.ts";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { answerOf, type RawServer, rawServer } from "../outbound/servers.ts";
import { type Body, type Edge, edgeOf } from "./edge.ts";

/** Masters with nobody at work, and a server that they may fetch images from. */
export class BatchRoom {
  readonly opened: Bench[] = [];
  /** What the server does with who connects; by default it gives the image. */
  answer: (socket: Socket) => void = (socket) => socket.end(answerOf("200 OK", {}, Buffer.from(this.image)));

  private constructor(
    private readonly folder: string,
    readonly image: Uint8Array<ArrayBuffer>,
    private readonly server: RawServer,
  ) {}

  static async enter(): Promise<BatchRoom> {
    const folder = mkdtempSync(join(tmpdir(), "tessera-batches-"));
    const image = new Uint8Array(readFileSync(await picture(folder, spec(120, 90))));
    const room: BatchRoom = new BatchRoom(folder, image, await rawServer((socket) => room.answer(socket)));
    return room;
  }

  async leave(): Promise<void> {
    this.server.stop();
    for (const { master } of this.opened) await master.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  open(limits: Partial<Limits> = {}, outbound: object = {}): { bench: Bench; app: Edge } {
    const bench = openBench(join(this.folder, `${this.opened.length}`), {
      outbound: { allow: ["127.0.0.1"], ports: [this.server.port], ...outbound },
      webhooks: { secret: "a secret of some length" },
      limits: { ...limits, each: { ...DEFAULT_LIMITS.each, ...limits.each } },
    });
    this.opened.push(bench);
    return { bench, app: edgeOf(bench) };
  }

  urlOf = (path: string): string => `http://127.0.0.1:${this.server.port}${path}`;

  addRaw = (app: Edge, id: string, query = "", body: Body = this.image, type = "image/png") =>
    Promise.resolve(
      app.request(`/v1/batches/${id}/images${query}`, {
        ...{ method: "POST", body, headers: { "content-type": type } },
      }),
    );
}

export const json = (app: Edge, path: string, body: unknown) =>
  Promise.resolve(
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

export async function create(app: Edge, options: object = {}): Promise<BatchView> {
  const response = await json(app, "/v1/batches", options);
  expect(response.status).toBe(201);
  const batch = (await response.json()) as BatchView;
  expect(response.headers.get("location")).toBe(`/v1/batches/${batch.id}`);
  return batch;
}

export type Content = string | Uint8Array<ArrayBuffer>;

export function addForm(app: Edge, id: string, files: [name: string, content: Content][]) {
  const form = new FormData();
  for (const [name, content] of files) form.append("image", new Blob([content]), name);
  return Promise.resolve(app.request(`/v1/batches/${id}/images`, { method: "POST", body: form }));
}

export const addUrls = (app: Edge, id: string, ...urls: string[]) =>
  json(app, `/v1/batches/${id}/images`, { sources: urls.map((url) => ({ url })) });

export async function addedBy(answered: Promise<Response>): Promise<Added> {
  const response = await answered;
  expect(response.status).toBe(202);
  return (await response.json()) as Added;
}

export const namesOf = ({ jobs }: Added): string[] => jobs.map(({ source }) => source.name);
