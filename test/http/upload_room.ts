import { expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Limits } from "../../master/limits.ts";
import type { UploadView } from "../../shared/api/upload.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { as, edgeWithCallers } from "./callers.ts";
import type { Body, Edge } from "./edge.ts";

export const PART_HEADERS = { "content-type": "application/offset+octet-stream", "tus-resumable": "1.0.0" };

export type Ask = (method: string, path: string, headers?: object, body?: Body) => Promise<Response>;

/** One who sends. */
export const sender = (app: Edge, owner = "ann"): Ask => {
  const who = as(owner, "submit", "read");
  return (method, path, headers = {}, body = undefined) =>
    Promise.resolve(
      app.request(path, { method, headers: { ...who, ...headers }, ...(body !== undefined && { body }) }),
    );
};

export async function create(ask: Ask, length: number, headers = {}): Promise<UploadView> {
  const response = await ask("POST", "/v1/uploads", { "upload-length": `${length}`, ...headers });
  expect(response.status).toBe(201);
  const upload = (await response.json()) as UploadView;
  expect(response.headers.get("location")).toBe(`/v1/uploads/${upload.id}`);
  return upload;
}

export const append = (ask: Ask, id: string, offset: number, body: Body, headers = {}): Promise<Response> =>
  ask("PATCH", `/v1/uploads/${id}`, { ...PART_HEADERS, "upload-offset": `${offset}`, ...headers }, body);

/** Sends all of it at once. */
export async function whole(ask: Ask, bytes: Uint8Array<ArrayBuffer>, headers = {}): Promise<UploadView> {
  const upload = await create(ask, bytes.length, headers);
  expect((await append(ask, upload.id, 0, bytes)).status).toBe(204);
  return upload;
}

/** As HEAD tells it. */
export async function offsetOf(ask: Ask, id: string): Promise<number> {
  const response = await ask("HEAD", `/v1/uploads/${id}`);
  expect(response.status).toBe(200);
  return Number(response.headers.get("upload-offset"));
}

export const submitUpload = (ask: Ask, upload: string, more: object = {}, headers = {}): Promise<Response> =>
  ask(
    "POST",
    "/v1/jobs",
    { "content-type": "application/json", ...headers },
    JSON.stringify({ source: { upload }, ...more }),
  );

interface Opened {
  readonly bench: Bench;
  readonly clock: TestClock;
  readonly app: Edge;
  readonly ask: Ask;
}

/** Masters with nobody at work, each on a clock of its own. */
export class UploadRoom {
  private readonly opened: Bench[] = [];

  private constructor(
    private readonly folder: string,
    readonly image: Uint8Array<ArrayBuffer>,
  ) {}

  static async enter(): Promise<UploadRoom> {
    const folder = mkdtempSync(join(tmpdir(), "tessera-uploads-"));
    const image = new Uint8Array(readFileSync(await picture(folder, spec(120, 90))));
    return new UploadRoom(folder, image);
  }

  async leave(): Promise<void> {
    for (const { master } of this.opened) await master.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  open(limits: Partial<Limits> = {}): Opened {
    return this.openIn(join(this.folder, `${this.opened.length}`), limits);
  }

  /** The same folder after a restart. */
  async reopen({ bench }: Opened, limits: Partial<Limits> = {}): Promise<Opened> {
    await bench.master.stop();
    return this.openIn(bench.folder, limits);
  }

  private openIn(folder: string, limits: Partial<Limits>): Opened {
    const clock = new TestClock();
    const bench = openBench(folder, { clock, limits });
    this.opened.push(bench);
    const app = edgeWithCallers(bench);
    return { bench, clock, app, ask: sender(app) };
  }
}
