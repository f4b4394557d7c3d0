import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import type { JobView } from "../../master/jobs/job.ts";
import type { OutboundOptions } from "../../master/outbound/outbound.ts";
import { DEFAULT_WEBHOOKS, type WebhookOptions } from "../../master/webhooks/webhooks.ts";
import { type DeliveryView, WEBHOOK_HEADERS, WebhookBodySchema } from "../../shared/api/webhook.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec, turn, unowned } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as, edgeWithCallers, expectClosed } from "./callers.ts";
import { type Edge, edgeOf, expectProblem, jobFrom, sendRaw } from "./edge.ts";

const SECRET = "a secret of some length";

interface Heard {
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A receiver on 127.0.0.1 that answers as `reply` says. */
class Receiver {
  readonly heard: Heard[] = [];
  reply: (heard: Heard) => Response | Promise<Response> = () => new Response();
  private readonly server = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: async (request) => {
      const { pathname: path } = new URL(request.url);
      const heard = { path, headers: request.headers, body: await request.text() };
      this.heard.push(heard);
      return this.reply(heard);
    },
  });
  readonly port = this.server.port!;
  readonly url = `http://127.0.0.1:${this.port}/hook`;
  stop = () => this.server.stop(true);
}

let folder = "";
let source = "";
let image: Uint8Array<ArrayBuffer>;
let receiver: Receiver;
let clock: TestClock;
let bench: Bench;
let app: Edge;

interface Opened {
  readonly webhooks?: Partial<WebhookOptions>;
  readonly outbound?: Partial<OutboundOptions>;
}

function open({ webhooks = { secret: SECRET }, outbound }: Opened = {}): void {
  const ways = { allow: ["127.0.0.1"], ports: [receiver.port], ...outbound };
  bench = openBench(folder, { clock, outbound: ways, webhooks });
  app = edgeOf(bench);
}

async function reopen(opened: Opened): Promise<void> {
  await bench.master.stop();
  open(opened);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-webhooks-"));
  source = await picture(folder, spec(120, 90));
  image = new Uint8Array(readFileSync(source));
  receiver = new Receiver();
  clock = new TestClock();
  open();
});
afterEach(async () => {
  await bench.master.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

const work = () =>
  new OwnWorker(bench.bus, bench.buffers, (task, worker) => {
    clock.pass(5);
    return worker.answer(task);
  });
const submit = (owner = "local", url = receiver.url): Promise<JobView> =>
  bench.master.submit({ source: unowned(source), pipeline: "invert", owner, webhook: url });
/** One whose job has ended already: nobody works, so it is cancelled. */
async function cancelled(owner?: string, url?: string): Promise<JobView> {
  const { id } = await submit(owner, url);
  return bench.master.cancel(id);
}

async function deliveries(id: string): Promise<DeliveryView[]> {
  const response = await app.request(`/v1/jobs/${id}/deliveries`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { deliveries: DeliveryView[] }).deliveries;
}

async function until(id: string, wanted: (delivery: DeliveryView) => boolean): Promise<DeliveryView> {
  for (;;) {
    const found = bench.master.webhooks.of(id).find(wanted);
    if (found !== undefined) return found;
    await turn();
  }
}
const settled = ({ state }: DeliveryView): boolean => state !== "pending";
const tried =
  (attempts: number) =>
  (delivery: DeliveryView): boolean =>
    delivery.attempts === attempts && (delivery.status ?? delivery.error) !== undefined;
const msUntil = (at: string | undefined): number => Date.parse(at!) - clock.now();

/** What an owner is shown as theirs. */
async function secretFor(owner: string): Promise<{ readonly owner: string; readonly secret: string }> {
  const headers = as(owner, "operate");
  const response = await edgeWithCallers(bench).request("/v1/webhooks/secret", { headers });
  expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
  return (await response.json()) as { owner: string; secret: string };
}

describe("the end of a job is told", () => {
  test("when it is done: signed, and with the job as it is", async () => {
    work();
    const job = await jobFrom(await sendRaw(app, image, `?pipeline=invert&webhook=${receiver.url}`));
    expect(job.webhook).toBe(receiver.url);
    const delivery = await until(job.id, settled);
    expect(delivery).toMatchObject({ event: "job.done", state: "delivered", attempts: 1, status: 200 });

    const [{ headers, body, path }] = receiver.heard as [Heard];
    const said = JSON.parse(body);
    expect(Value.Check(WebhookBodySchema, said)).toBe(true);
    expect(said).toMatchObject({ id: delivery.id, event: "job.done" });
    expect(said.job).toEqual(await (await app.request(`/v1/jobs/${job.id}`)).json());
    const at = Math.floor(clock.now() / 1000);
    const { owner, secret } = await secretFor("local");
    expect([owner, secret]).toEqual(["local", expect.stringMatching(/^[0-9a-f]{64}$/)]);
    const mac = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
    expect(headers.get("tessera-signature")).toBe(`t=${at},v1=${mac}`);
    for (const [name, schema] of Object.entries(WEBHOOK_HEADERS))
      expect([name, Value.Check(schema, headers.get(name))]).toEqual([name, true]);
    expect([path, headers.get("tessera-event"), headers.get("tessera-delivery")]).toEqual([
      ...["/hook", "job.done", delivery.id],
    ]);
    expect(headers.get("content-type")).toBe("application/json");
  });

  test("when it was cancelled, and when it failed", async () => {
    const { id } = await cancelled();
    expect(await until(id, settled)).toMatchObject({ event: "job.cancelled", state: "delivered" });
    new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.publish(worker.failed(task)));
    const failed = await submit();
    expect(await until(failed.id, settled)).toMatchObject({ event: "job.failed", state: "delivered" });
    expect(JSON.parse(receiver.heard[1]!.body).job.error.code).toBe("tile_failed");
  });

  test("and of a job that asked for nothing, nothing", async () => {
    const { id } = await bench.master.submit({ source: unowned(source), pipeline: "" });
    bench.master.cancel(id);
    expect(await deliveries(id)).toEqual([]);
  });
});

describe("P7: every owner has a secret of their own", () => {
  const macOf = ({ headers, body }: Heard, secret: string) => {
    const [, at] = /^t=(\d+),/.exec(headers.get("tessera-signature")!)!;
    return `t=${at},v1=${createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")}`;
  };

  test("which verifies what is sent of their jobs, and nothing of anybody else's", async () => {
    const [ann, bea] = [await secretFor("ann"), await secretFor("bea")];
    expect(await secretFor("ann")).toEqual(ann);
    expect(new Set([ann.secret, bea.secret, SECRET]).size).toBe(3);
    for (const [own, other] of [
      [ann, bea],
      [bea, ann],
    ] as const) {
      await until((await cancelled(own.owner)).id, settled);
      const heard = receiver.heard.at(-1)!;
      const sent = heard.headers.get("tessera-signature")!;
      expect(macOf(heard, own.secret)).toBe(sent);
      for (const secret of [other.secret, SECRET]) expect(macOf(heard, secret)).not.toBe(sent);
    }
  });

  test("which is shown to those who operate, and is another with another secret of the server's", async () => {
    const [{ secret: before }, closed] = [await secretFor("ann"), edgeWithCallers(bench)];
    const ask = (headers: Record<string, string>) => closed.request("/v1/webhooks/secret", { headers });
    await expectProblem(await ask(as("ann", "submit", "read")), "forbidden");
    const admin = await ask(as("root", "admin"));
    expect(await admin.json()).toEqual(await secretFor("root"));
    await reopen({ webhooks: { secret: `${SECRET}, another` } });
    expect((await secretFor("ann")).secret).not.toBe(before);
  });
});

describe("a receiver that does not take it", () => {
  test("is tried again, later each time, with the same id and body", async () => {
    receiver.reply = () => new Response("no", { status: 500 });
    const { id } = await cancelled();
    for (const [attempts, seconds] of [10, 30, 90, 270].entries()) {
      const { state, status, next_at } = await until(id, tried(attempts + 1));
      expect([state, status]).toEqual(["pending", 500]);
      // The attempt may have begun two seconds ago: so far the clock was let pass.
      expect(msUntil(next_at)).toBeWithin(seconds * 800 - 2001, seconds * 1200 + 1);
      clock.pass(msUntil(next_at) - 1001);
      expect(receiver.heard).toHaveLength(attempts + 1);
      clock.pass(2001);
    }
    receiver.reply = () => new Response(null, { status: 204 });
    expect(await until(id, settled)).toMatchObject({ state: "delivered", attempts: 5, status: 204 });
    expect(new Set(receiver.heard.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.heard.map(({ headers }) => headers.get("tessera-delivery"))).size).toBe(1);
    expect(new Set(receiver.heard.map(({ headers }) => headers.get("tessera-signature"))).size).toBe(5);
  });

  test("P5: is given up on in the end, and may be tried again by hand", async () => {
    await reopen({ webhooks: { secret: SECRET, attempts: 3 } });
    receiver.reply = () => new Response(null, { status: 503 });
    const { id } = await cancelled();
    for (const attempts of [1, 2]) {
      const { next_at } = await until(id, tried(attempts));
      clock.pass(msUntil(next_at) + 1000);
    }
    const given = await until(id, settled);
    expect(given).toMatchObject({ state: "given_up", attempts: 3, status: 503 });
    clock.leap(100 * 3_600_000);
    expect(receiver.heard).toHaveLength(3);

    receiver.reply = () => new Response();
    const again = await app.request(`/v1/jobs/${id}/deliveries/${given.id}/retry`, { method: "POST" });
    expect([again.status, ((await again.json()) as DeliveryView).id]).toEqual([200, given.id]);
    expect(await until(id, settled)).toMatchObject({ state: "delivered", attempts: 1 });
    expect(receiver.heard[3]?.body).toBe(receiver.heard[0]!.body);
  });

  test("is left alone once it says that it is gone", async () => {
    receiver.reply = () => new Response(null, { status: 410 });
    const { id } = await cancelled();
    expect(await until(id, settled)).toMatchObject({ state: "given_up", attempts: 1, status: 410 });
  });

  test("P7: leads nowhere else by a redirect", async () => {
    receiver.reply = () => Response.redirect(`http://127.0.0.1:${receiver.port}/elsewhere`, 307);
    const { id } = await cancelled();
    expect(await until(id, tried(1))).toMatchObject({ state: "pending", status: 307 });
    expect(receiver.heard.map(({ path }) => path)).toEqual(["/hook"]);
  });

  test("P7: has an address inside by the time it is called", async () => {
    const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    await reopen({ outbound: { allow: [], resolve } });
    const { id } = await cancelled("local", `http://public.example:${receiver.port}/hook`);
    expect((await until(id, tried(1))).error).toContain("not a public address");
    expect(receiver.heard).toEqual([]);
  });

  test("never answers: it is not waited for beyond its time, nor is its answer read", async () => {
    await reopen({ outbound: { callMs: 100 } });
    receiver.reply = () => new Promise<Response>(() => {});
    const { id } = await cancelled();
    expect((await until(id, tried(1))).error).toContain("longer than 0.1 s");
    await reopen({}); // what is answered has the usual time: this process may stand still for longer than that
    const unending = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(9999)) });
    receiver.reply = () => new Response(unending);
    expect(await until((await cancelled()).id, settled)).toMatchObject({ state: "delivered" });
  });

  test("P5: holds up only a few calls of its own, and nobody else's", async () => {
    const full = Promise.withResolvers<void>();
    receiver.reply = ({ path }) => {
      if (path !== "/slow") return new Response();
      if (receiver.heard.length === 4) full.resolve();
      return new Promise<Response>(() => {});
    };
    const slow = await Promise.all(
      Array.from({ length: 40 }, () => submit("slow", `${receiver.url}/../slow`)),
    );
    for (const { id } of slow) bench.master.cancel(id);
    await full.promise;
    const { id } = await cancelled("quick");
    expect(await until(id, settled)).toMatchObject({ state: "delivered" });
    clock.pass(5000);
    expect(receiver.heard.filter(({ path }) => path === "/slow")).toHaveLength(4);
  });
});

describe("P3: nothing is lost", () => {
  test("by a stop while it is under way", async () => {
    const begun = Promise.withResolvers<void>();
    receiver.reply = () => {
      begun.resolve();
      return new Promise<Response>(() => {});
    };
    const { id } = await cancelled();
    await begun.promise;
    receiver.reply = () => new Response();
    await reopen({});
    expect(await until(id, settled)).toMatchObject({ state: "delivered", attempts: 1 });
    const ids = receiver.heard.map(({ headers }) => headers.get("tessera-delivery"));
    expect(ids).toEqual([ids[0]!, ids[0]!]);
  });

  test("while there is no secret: it waits for one", async () => {
    receiver.reply = () => new Response(null, { status: 500 });
    const { id } = await cancelled();
    await until(id, tried(1));
    await reopen({ webhooks: DEFAULT_WEBHOOKS });
    clock.pass(3_600_000);
    expect(receiver.heard).toHaveLength(1);
    const [delivery] = await deliveries(id);
    const path = `/v1/jobs/${id}/deliveries/${delivery!.id}/retry`;
    await expectProblem(await app.request(path, { method: "POST" }), "webhooks_off");
    receiver.reply = () => new Response();
    await reopen({});
    expect(await until(id, settled)).toMatchObject({ state: "delivered", attempts: 2 });
  });
});

describe("P6: refused", () => {
  const send = (webhook: string) => sendRaw(app, image, `?webhook=${encodeURIComponent(webhook)}`);

  test("a webhook where there is no secret to sign it with", async () => {
    await reopen({ webhooks: DEFAULT_WEBHOOKS });
    await expectProblem(await send(receiver.url), "webhooks_off");
    await expectProblem(await app.request("/v1/webhooks/secret"), "webhooks_off");
  });

  test("an address that is not gone to", async () => {
    for (const url of ["nonsense", "ftp://example.com/", "http://10.0.0.1/", "http://u:p@example.com/"])
      await expectProblem(await send(url), "url_refused");
    await expectProblem(await send(`http://example.com/${"x".repeat(2048)}`), "request_invalid");
    expect(bench.master.jobs()).toEqual([]);
  });

  test("a delivery or a job that is not there", async () => {
    const { id } = await cancelled();
    const retry = (job: string) => app.request(`/v1/jobs/${job}/deliveries/none/retry`, { method: "POST" });
    await expectProblem(await retry(id), "delivery_not_found");
    await expectProblem(await retry("none"), "job_not_found");
    await expectProblem(await app.request("/v1/jobs/none/deliveries"), "job_not_found");
  });

  test("P7: others", async () => {
    const { id } = await cancelled("owner");
    const closed = edgeWithCallers(bench);
    const path = `/v1/jobs/${id}/deliveries`;
    await expectClosed(closed, { path, owner: "owner", scope: "read" });
    const { id: delivery } = (await deliveries(id))[0]!;
    await expectClosed(closed, {
      ...{ method: "POST", path: `${path}/${delivery}/retry`, owner: "owner", scope: "operate" },
    });
  });
});
