import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Rate } from "../../master/limiting/rate.ts";

const MINUTE_MS = 60_000;

function rateAt(perMinute: number, namesMax?: number) {
  const time = { ms: 1_000_000 };
  return { time, rate: new Rate(perMinute, () => time.ms, namesMax) };
}

describe("P5: a rate", () => {
  test("gives a whole minute's worth at once, then each in its time", () => {
    const { time, rate } = rateAt(60);
    for (let i = 59; i >= 0; i--) expect(rate.take("a")).toMatchObject({ ok: true, left: i });
    expect(rate.take("a")).toEqual({ ok: false, againInMs: 1000 });
    expect(rate.look("a")).toEqual({ ok: false, againInMs: 1000 });
    expect(rate.take("b")).toMatchObject({ ok: true, left: 59 });
    time.ms += 999;
    expect(rate.take("a").ok).toBe(false);
    time.ms += 1;
    expect(rate.look("a")).toMatchObject({ ok: true, left: 1 });
    expect(rate.take("a")).toMatchObject({ ok: true, left: 0 });
    time.ms += MINUTE_MS;
    expect(rate.take("a")).toEqual({ ok: true, left: 59, wholeInMs: 1000 });
  });

  test("lets what is dearer than a whole minute's worth in once all is there, and has it paid off", () => {
    const { time, rate } = rateAt(100);
    expect(rate.take("a", 300)).toMatchObject({ ok: true, left: 0 });
    expect(rate.take("a", 1)).toEqual({ ok: false, againInMs: 2 * MINUTE_MS + 600 });
    time.ms += 3 * MINUTE_MS;
    rate.take("a", 1);
    expect(rate.take("a", 300)).toEqual({ ok: false, againInMs: 600 });
  });

  test("gives over any time no more than a minute's worth beyond what that time brings", () => {
    const steps = fc.array(fc.record({ wait: fc.nat(20_000), cost: fc.integer({ min: 1, max: 40 }) }));
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 1000 }), steps, (perMinute, all) => {
        const { time, rate } = rateAt(perMinute);
        const began = time.ms;
        let taken = 0;
        for (const { wait, cost } of all) {
          time.ms += wait;
          const answer = rate.take("a", cost);
          if (answer.ok) taken += cost;
          else {
            expect(answer.againInMs).toBeGreaterThan(0);
            time.ms += Math.ceil(answer.againInMs);
            expect(rate.take("a", cost).ok).toBe(true);
            taken += cost;
          }
          const brought = perMinute * (1 + (time.ms - began) / MINUTE_MS);
          expect(taken).toBeLessThanOrEqual(brought + 0.01);
        }
      }),
    );
  });

  test("remembers only so many names, the latest: many strangers fill no memory", () => {
    const { rate } = rateAt(1, 3);
    for (const name of ["a", "b", "c"]) rate.take(name);
    for (let i = 0; i < 1000; i++) rate.take(`stranger ${i}`);
    expect(rate.size).toBe(3);
    expect(rate.take("stranger 999").ok).toBe(false);
    expect(rate.take("a").ok).toBe(true);
  });
});
