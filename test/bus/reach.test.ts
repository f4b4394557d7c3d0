import { expect, test } from "bun:test";
import type { RequestEvent } from "kafkajs";
import { Reach } from "../../shared/bus/kafka/reach.ts";

test("P8: brokers are silent once none of them has answered for a while", () => {
  let now = 0;
  const reach = new Reach(
    () => {},
    () => {},
    () => now,
  );
  const answer = { payload: { broker: "127.0.0.1:9092" } } as RequestEvent;
  now = 9_000;
  expect(reach.isSilent()).toBe(false);
  reach.answered(answer);
  now += 9_000;
  expect(reach.isSilent()).toBe(false);
  now += 2_000;
  expect(reach.isSilent()).toBe(true);
  reach.answered(answer);
  expect(reach.isSilent()).toBe(false);
});
