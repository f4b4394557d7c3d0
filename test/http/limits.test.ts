import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Gate } from "../../master/access/gate.ts";
import type { LimiterSettings } from "../../master/limiting/limiter.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { TesseraError } from "../../shared/errors.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, picture, spec, turn, withBench } from "../engine/harness.ts";
import { edgeOf, expectProblem, jobFrom, uploadsIn } from "./edge.ts";

/** Says who asks by a header, as if it were a key. */
const NAMED: Gate = {
  identify(request) {
    const owner = request.headers.get("authorization") ?? "anyone";
    if (owner.startsWith("wrong")) throw new TesseraError("unauthorized");
    return { by: "key", owner, name: owner, scopes: new Set(["submit", "read"]) };
  },
};

interface Asked {
  readonly owner?: string;
  readonly from?: string;
  readonly forwardedFor?: string;
  readonly body?: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
}

/** A master with these limits, and how to ask it. */
async function withLimits(
  each: Partial<LimiterSettings>,
  use: (
    ask: (path: string, asked?: Asked) => Promise<Response>,
    bench: Bench,
    clock: TestClock,
    image: Uint8Array<ArrayBuffer>,
  ) => Promise<void>,
): Promise<void> {
  const clock = new TestClock();
  const limits = { each: { ...DEFAULT_LIMITS.each, ...each } };
  await withBench({ clock, limits }, async (bench) => {
    const app = edgeOf(bench, { gate: NAMED, trustedProxies: ["10.0.0.1"] });
    const image = new Uint8Array(readFileSync(await picture(bench.folder, spec(120, 90))));
    const ask = async (path: string, { owner, from, forwardedFor, body }: Asked = {}) => {
      const headers = {
        ...(owner && { authorization: owner }),
        ...(forwardedFor && { "x-forwarded-for": forwardedFor }),
        ...(body && { "content-type": "image/png" }),
      };
      const env = { requestIP: () => ({ address: from ?? "192.0.2.1" }) };
      return await app.request(path, { headers, ...(body && { method: "POST", body }) }, env);
    };
    await use(ask, bench, clock, image);
  });
}

async function expectRefused(response: Response, code: "rate_limited" | "quota_reached", afterS: number) {
  const after = response.headers.get("retry-after");
  await expectProblem(response, code);
  expect(Number(after)).toBe(afterS);
}

describe("P5: requests a minute", () => {
  test("of an owner, from wherever; others are not meant", () =>
    withLimits({ requestsPerMinute: 3 }, async (ask, _, clock) => {
      for (const from of ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        expect((await ask("/v1/jobs", { owner: "ada", from })).status).toBe(200);
      await expectRefused(await ask("/v1/jobs", { owner: "ada" }), "rate_limited", 20);
      expect((await ask("/v1/jobs", { owner: "bob" })).status).toBe(200);
      clock.pass(20_000);
      expect((await ask("/v1/jobs", { owner: "ada" })).status).toBe(200);
    }));

  test("from an address, whoever it is and whatever for, behind a proxy too", () =>
    withLimits({ addressRequestsPerMinute: 2 }, async (ask) => {
      expect((await ask("/v1/jobs", { owner: "ada" })).status).toBe(200);
      expect((await ask("/nowhere")).status).toBe(404);
      await expectRefused(await ask("/v1/jobs", { owner: "bob" }), "rate_limited", 30);
      await expectRefused(
        await ask("/v1/jobs", { from: "10.0.0.1", forwardedFor: "192.0.2.1" }),
        "rate_limited",
        30,
      );
      // A stranger who claims to be somebody else is still the stranger.
      await expectRefused(await ask("/v1/jobs", { forwardedFor: "192.0.2.9" }), "rate_limited", 30);
      expect((await ask("/v1/jobs", { from: "10.0.0.1", forwardedFor: "192.0.2.9" })).status).toBe(200);
    }));

  test("are told in the standard headers, refused or not", () =>
    withLimits({ requestsPerMinute: 2, addressRequestsPerMinute: 10 }, async (ask) => {
      const told = async () => {
        const { headers } = await ask("/v1/jobs", { owner: "ada" });
        return [headers.get("ratelimit-policy"), headers.get("ratelimit")];
      };
      const policy = '"address";q=10;w=60, "requests";q=2;w=60';
      expect(await told()).toEqual([policy, '"address";r=9;t=6, "requests";r=1;t=30']);
      expect(await told()).toEqual([policy, '"address";r=8;t=12, "requests";r=0;t=60']);
      expect(await told()).toEqual([policy, '"address";r=7;t=18, "requests";r=0;t=30']);
    }));

  test("are as many as one likes where the limit is 0", () =>
    withLimits({ requestsPerMinute: 0, addressRequestsPerMinute: 0 }, async (ask) => {
      const answer = await ask("/v1/jobs");
      expect([answer.status, answer.headers.get("ratelimit")]).toEqual([200, null]);
    }));
});

describe("P7: wrong credentials", () => {
  test("make their address wait, with right ones too, and nobody else", () =>
    withLimits({ signInFailuresPerMinute: 2 }, async (ask, _, clock) => {
      await expectProblem(await ask("/v1/jobs", { owner: "wrong 1" }), "unauthorized");
      await expectProblem(await ask("/v1/jobs", { owner: "wrong 2" }), "unauthorized");
      await expectRefused(await ask("/v1/jobs", { owner: "ada" }), "rate_limited", 30);
      expect((await ask("/v1/jobs", { owner: "ada", from: "192.0.2.2" })).status).toBe(200);
      clock.pass(30_000);
      expect((await ask("/v1/jobs", { owner: "ada" })).status).toBe(200);
    }));
});

describe("P5: uploads", () => {
  /** A body that begins and ends when it is told to. */
  function held(image: Uint8Array<ArrayBuffer>) {
    let end = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(image));
        end = () => controller.close();
      },
    });
    return { body, end: () => end() };
  }

  test.each(["uploadsAtOnce", "addressUploadsAtOnce"] as const)("%s, whatever becomes of them", (limit) =>
    withLimits({ [limit]: 2 }, async (ask, bench, _, image) => {
      const [one, two] = [held(image), held(image)];
      const owner = "ada";
      const taken = [one, two].map(({ body }) => ask("/v1/jobs", { owner, body }));
      while (uploadsIn(bench.dir).length < 2) await turn();
      await expectRefused(await ask("/v1/jobs", { owner, body: image }), "rate_limited", 2);
      const other = limit === "uploadsAtOnce" ? { owner: "bob" } : { owner, from: "192.0.2.2" };
      await jobFrom(await ask("/v1/jobs", { ...other, body: image }));
      one.end();
      await jobFrom(await taken[0]!);
      await expectProblem(await ask("/v1/jobs", { owner, body: new Uint8Array(600) }), "image_unknown_type");
      await jobFrom(await ask("/v1/jobs", { owner, body: image }));
      two.end();
      await jobFrom(await taken[1]!);
    }),
  );

  test("pixels a minute, told once the image is known; nothing of it stays", () =>
    withLimits({ pixelsPerMinute: 120 * 90 }, async (ask, bench, clock, image) => {
      await jobFrom(await ask("/v1/jobs", { owner: "ada", body: image }));
      await expectRefused(await ask("/v1/jobs", { owner: "ada", body: image }), "rate_limited", 60);
      expect([uploadsIn(bench.dir).length, bench.master.jobs().length]).toEqual([1, 1]);
      await jobFrom(await ask("/v1/jobs", { owner: "bob", body: image }));
      clock.pass(60_000);
      await jobFrom(await ask("/v1/jobs", { owner: "ada", body: image }));
    }));

  test("jobs that have not ended, told before the image is sent", () =>
    withLimits({ queuedJobs: 2 }, async (ask, bench, _, image) => {
      const first = await jobFrom(await ask("/v1/jobs", { owner: "ada", body: image }));
      await jobFrom(await ask("/v1/jobs", { owner: "ada", body: image }));
      let pulled = false;
      const pull = () => {
        pulled = true;
      };
      const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
      await expectRefused(await ask("/v1/jobs", { owner: "ada", body }), "quota_reached", 30);
      expect(pulled).toBe(false);
      await jobFrom(await ask("/v1/jobs", { owner: "bob", body: image }));
      bench.master.cancel(first.id);
      await jobFrom(await ask("/v1/jobs", { owner: "ada", body: image }));
    }));

  test("bytes that are kept", () =>
    withLimits({ storedBytes: 1 }, async (ask, _, __, image) => {
      await jobFrom(await ask("/v1/jobs", { owner: "ada", body: image }));
      await expectRefused(await ask("/v1/jobs", { owner: "ada", body: image }), "quota_reached", 30);
      await jobFrom(await ask("/v1/jobs", { owner: "bob", body: image }));
    }));
});
