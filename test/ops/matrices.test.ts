import { describe, expect, test } from "bun:test";
import { run } from "./run.ts";

const rgb = { width: 1, channels: 3 } as const;

describe("colour matrices", () => {
  test.each([
    // 0.393 · 100 + 0.769 · 50 + 0.189 · 20 = 81.53; 72.56; 56.52
    ["sepia", [100, 50, 20], [82, 73, 57]],
    ["sepia", [255, 255, 255], [255, 255, 239]],
    ["sepia(amount=0)", [1, 2, 3], [1, 2, 3]],
    // luma = 0.213 · 100 + 0.715 · 50 + 0.072 · 200 = 71.45
    ["saturation(amount=0)", [100, 50, 200], [71, 71, 71]],
    ["saturation(amount=1)", [100, 50, 200], [100, 50, 200]],
    ["saturation(amount=2)", [100, 50, 200], [129, 29, 255]],
    ["saturation(amount=7)", [90, 90, 90], [90, 90, 90]],
    ["hue(angle=0)", [10, 100, 200], [10, 100, 200]],
    ["hue(angle=360)", [10, 100, 200], [10, 100, 200]],
    ["hue(angle=123)", [77, 77, 77], [77, 77, 77]],
    // cos = −1: 2 · luma · white − in, with luma = 0.213 · 120 + 0.715 · 100 + 0.072 · 90 = 103.54
    ["hue(angle=180)", [120, 100, 90], [87, 107, 117]],
    ["tint(color=#ff0000, amount=1)", [255, 255, 255], [255, 0, 0]],
    // luma 0.299 · 100 + 0.587 · 50 + 0.114 · 200 = 82.05; half of each
    ["tint(color=#ffff00, amount=0.5)", [100, 50, 200], [91, 66, 100]],
    ["tint(amount=0)", [1, 2, 3], [1, 2, 3]],
    ["channel_mix", [1, 2, 3], [1, 2, 3]],
    ["channel_mix(red=[0,0,1], green=[0,1,0], blue=[1,0,0])", [1, 2, 3], [3, 2, 1]],
    ["channel_mix(red=[1,1,-1], offset=[10,-10,0])", [20, 30, 40], [20, 20, 40]],
    ["channel_mix(red=[-1,0,0], green=[2,2,2])", [20, 100, 40], [0, 255, 40]],
  ])("%s of %j", (pipeline, given, expected) => {
    expect(run(pipeline, given, rgb)).toEqual(expected);
  });

  test("16 bit: the same colours, 257 times as fine", () => {
    const deep = { ...rgb, depth: 16 } as const;
    expect(run("channel_mix(offset=[1,0,-1])", [1000, 2000, 3000], deep)).toEqual([1257, 2000, 2743]);
    expect(run("saturation(amount=1)", [1, 65535, 12345], deep)).toEqual([1, 65535, 12345]);
    expect(run("tint(color=#0000ff, amount=1)", [65535, 65535, 65535], deep)).toEqual([0, 0, 65535]);
  });

  test("alpha is carried over, gray becomes colour", () => {
    expect(run("channel_mix(red=[0,0,1])", [1, 2, 3, 4], { width: 1, channels: 4 })).toEqual([3, 2, 3, 4]);
    expect(run("tint(color=#ff0000, amount=1)", [100, 50], { width: 2 })).toEqual([100, 0, 0, 50, 0, 0]);
    expect(run("tint(color=#ff0000, amount=1)", [100, 7], { width: 1, channels: 2 })).toEqual([100, 0, 0, 7]);
  });
});
