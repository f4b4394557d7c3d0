import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FileNames } from "../../master/batches/names.ts";

const one = (name: string): string => new FileNames().next(name, "png");

describe("P7: names in an archive lead nowhere", () => {
  const names: [sent: string, packed: string][] = [
    ["holiday.jpg", "holiday.png"],
    ["many.dots.in.it.tiff", "many.dots.in.it.png"],
    ["no ending", "no ending.png"],
    ["../../etc/passwd", "passwd.png"],
    ["..", "image.png"],
    ["...", "image.png"],
    [".hidden", "hidden.png"],
    ["/", "image.png"],
    ["", "image.png"],
    ["C:\\Windows\\system32\\cmd.exe", "cmd.png"],
    ["a\u0000b\r\nc.png", "abc.png"],
    ["gnp\u202Egpj.exe", "gnpgpj.png"],
    ['a<b>c:d"e|f?g*h.png', "a_b_c_d_e_f_g_h.png"],
    ["CON.png", "_CON.png"],
    ["nul", "_nul.png"],
    ["com1.tar.gz", "_com1.tar.png"],
    ["console.png", "console.png"],
    [" spaces . .png", "spaces.png"],
    ["\ud800half.png", "\ufffdhalf.png"],
    ["été.jpg", "été.png"],
    [`${"🦀".repeat(500)}.png`, `${"🦀".repeat(120)}.png`],
  ];
  test.each(names)("%p is packed as %p", (sent, packed) => expect(one(sent)).toBe(packed));

  test("whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (sent) => {
        const name = one(sent);
        expect(name).not.toMatch(/[\\/<>:"|?*\p{Cc}\p{Cs}]|^\.|^\s|[. ]\.png$/u);
        expect(name).toEndWith(".png");
        expect(name.length).toBeLessThan(260);
      }),
    );
  });
});

test("no two are the same, also where capitals or marks do not count", () => {
  const names = new FileNames();
  const sent = [
    "a.png",
    "A.jpg",
    "a (2).png",
    "a.tif",
    "e\u0301.png",
    "\u00e9.png",
    "É.png",
    "ﬁ.png",
    "fi.png",
  ];
  const packed = sent.map((name) => names.next(name, "png"));
  expect(packed).toEqual([
    ...["a.png", "A (2).png", "a (2) (2).png", "a (3).png"],
    ...["é.png", "é (2).png", "É (3).png", "ﬁ.png", "fi (2).png"],
  ]);
  expect(names.next("a.png", "webp")).toBe("a.webp");
});

test("P5: thousands that are called the same are named at once", () => {
  const names = new FileNames();
  const began = performance.now();
  for (let i = 0; i < 20_000; i++) names.next("image", "png");
  expect(names.next("image", "png")).toBe("image (20001).png");
  expect(performance.now() - began).toBeLessThan(2000);
});
