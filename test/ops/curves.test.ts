import { describe, expect, test } from "bun:test";
import { run } from "./run.ts";

describe("curve ops on 8-bit gray", () => {
  test.each([
    ["brightness(amount=30)", [0, 100, 225, 240], [30, 130, 255, 255]],
    ["brightness(amount=-30)", [0, 29, 31, 255], [0, 0, 1, 225]],
    ["brightness(amount=0.5)", [0, 1, 254, 255], [1, 2, 255, 255]],
    // 255 · (64 / 255)^(1 / 2) = 127.75
    ["gamma(gamma=2)", [0, 64, 255], [0, 128, 255]],
    ["gamma(gamma=0.5)", [0, 128, 255], [0, 64, 255]],
    ["gamma(gamma=1)", [0, 1, 77, 254, 255], [0, 1, 77, 254, 255]],
    ["levels", [0, 1, 128, 255], [0, 1, 128, 255]],
    ["levels(black=50, white=150)", [0, 50, 100, 150, 255], [0, 0, 128, 255, 255]],
    ["levels(black=50, white=150, gamma=2)", [75, 50, 150], [128, 0, 255]],
    ["levels(out_black=255, out_white=0)", [0, 10, 255], [255, 245, 0]],
    ["levels(out_black=100, out_white=200)", [0, 51, 255], [100, 120, 200]],
    ["levels(black=100, white=100)", [99, 100, 101], [0, 0, 255]],
    ["levels(black=200, white=100)", [99, 200, 201], [0, 0, 255]],
    ["threshold", [0, 127, 128, 255], [0, 0, 255, 255]],
    ["threshold(level=0)", [0, 255], [255, 255]],
    ["posterize(levels=2)", [0, 127, 128, 255], [0, 0, 255, 255]],
    ["posterize(levels=4)", [0, 63, 64, 127, 128, 191, 192, 255], [0, 0, 85, 85, 170, 170, 255, 255]],
    ["posterize(levels=5)", [51, 52, 102, 103], [0, 64, 64, 128]],
    ["posterize(levels=256)", [0, 1, 77, 255], [0, 1, 77, 255]],
    ["solarize", [0, 127, 128, 255], [0, 127, 127, 0]],
    ["solarize(threshold=0)", [0, 10, 255], [255, 245, 0]],
    ["curve", [0, 1, 200, 255], [0, 1, 200, 255]],
    ["curve(points=[[1,0]])", [0, 1, 255], [255, 254, 0]],
    // halfway up to 0.5 in the middle (127.5), then level
    ["curve(points=[[0,0.5,0.5]])", [0, 51, 128, 255], [0, 51, 128, 128]],
  ])("%s", (pipeline, given, expected) => {
    expect(run(pipeline, given, { width: given.length })).toEqual(expected);
  });
});

describe("curve ops on 16-bit gray: levels are still those of 8 bit", () => {
  test.each([
    ["brightness(amount=1)", [0, 1000, 65535], [257, 1257, 65535]],
    ["threshold(level=128)", [32895, 32896], [0, 65535]],
    ["solarize(threshold=128)", [32895, 32896], [32895, 32639]],
    ["levels(black=1, white=254)", [257, 65278, 32768], [0, 65535, 32768]],
    ["posterize(levels=2)", [32767, 32768], [0, 65535]],
    ["invert", [0, 1, 65535], [65535, 65534, 0]],
    ["gamma(gamma=1)", [0, 1, 12345, 65535], [0, 1, 12345, 65535]],
    ["curve(points=[[0,1]])", [0, 1, 12345, 65535], [0, 1, 12345, 65535]],
  ])("%s", (pipeline, given, expected) => {
    expect(run(pipeline, given, { width: given.length, depth: 16 })).toEqual(expected);
  });
});

describe("channels", () => {
  test("curves leave alpha alone, at both depths", () => {
    expect(run("invert", [10, 20, 30, 40], { width: 1, channels: 4 })).toEqual([245, 235, 225, 40]);
    expect(run("threshold", [200, 7], { width: 1, channels: 2 })).toEqual([255, 7]);
    expect(run("invert", [0, 7], { width: 1, channels: 2, depth: 16 })).toEqual([65535, 7]);
  });

  test("levels of one channel leave the others; gray counts as red", () => {
    const rgb = { width: 1, channels: 3 } as const;
    expect(run("levels(out_black=255, out_white=0, channel=red)", [10, 20, 30], rgb)).toEqual([245, 20, 30]);
    expect(run("levels(out_black=255, out_white=0, channel=green)", [10, 20, 30], rgb)).toEqual([
      10, 235, 30,
    ]);
    expect(run("levels(out_black=255, out_white=0, channel=blue)", [10, 20, 30], rgb)).toEqual([10, 20, 225]);
    expect(run("levels(out_black=255, out_white=0, channel=red)", [10], { width: 1 })).toEqual([245]);
    expect(run("levels(out_black=255, out_white=0, channel=blue)", [10], { width: 1 })).toEqual([10]);
  });

  test("three curves are for red, green and blue; gray takes the first", () => {
    const points = "curve(points=[[1,0],[0,1],[0.2,0.2]])";
    expect(run(points, [10, 20, 30, 9], { width: 1, channels: 4 })).toEqual([245, 20, 51, 9]);
    expect(run(points, [10], { width: 1 })).toEqual([245]);
  });

  test("folded curves round after each of them, as one by one", () => {
    const steps = "posterize(levels=3) | brightness(amount=-100) | brightness(amount=100)";
    // 0, 127.5 → 128, 255; then −100 saturates at 0
    expect(run(steps, [0, 100, 255], { width: 3 })).toEqual([100, 128, 255]);
  });
});
