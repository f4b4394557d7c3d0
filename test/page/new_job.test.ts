import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { createClient } from "../../client/client.ts";
import { expectAccessible, Visits } from "./browser.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

const PHOTO = join(visits.folder, "photo.jpg");

/** A picture with something in every part of it. */
async function picture(path: string, width: number, height: number): Promise<string> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  await sharp({ create: { width, height, channels: 3, background: "#808080", noise } })
    .jpeg()
    .toFile(path);
  return path;
}

const addImages = (page: Page, ...paths: string[]) =>
  page.getByLabel("Images", { exact: true }).setInputFiles(paths);

async function addStep(page: Page, typed: string): Promise<void> {
  await page.getByLabel("Add a step").fill(typed);
  await page.keyboard.press("Enter");
}

interface Looked {
  readonly pipeline: string;
  readonly region?: readonly number[];
}

/** Waits until such a look at the result has come, because of what is done. */
async function seen(page: Page, isIt: (look: Looked) => boolean, act: () => Promise<unknown>): Promise<void> {
  const isLook = (url: string) => url.endsWith("/v1/preview");
  const answer = page.waitForResponse(
    (response) => isLook(response.url()) && response.ok() && isIt(response.request().postDataJSON()),
  );
  await act();
  await answer;
}

const steps = (page: Page) => page.locator(".recipe_step h3").allTextContents();

let url: string;
beforeAll(async () => {
  url = visits.serve().url;
  await picture(PHOTO, 1200, 800);
});

describe("a new job", () => {
  test("is put together while its effect is seen, from the first visit to its result", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/");
    await page.getByText("Drop images here").waitFor();
    await expectAccessible(page);
    await addImages(page, PHOTO);
    await page.getByText("Result: 1,200 × 800 px").waitFor();
    const of = (text: string) => (look: Looked) => look.pipeline === text;
    await seen(page, of("blur"), () => addStep(page, "blur"));
    await seen(page, of("blur(sigma=12)"), () => page.getByLabel("Sigma", { exact: true }).fill("12"));
    await page.getByRole("slider", { name: "Before and after" }).waitFor();
    await addStep(page, "resize");
    await page.getByText("Result: 600 × 400 px").waitFor();
    await page.getByText(/^About .*B/).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL(/\/jobs\/.+/);
    const [, id] = /\/jobs\/([^/]+)/.exec(page.url())!;
    expect((await createClient({ url }).wait(id!)).state).toBe("done");
    const result = await sharp(await (await fetch(`${url}/v1/jobs/${id}/result`)).bytes()).metadata();
    expect([result.width, result.height]).toEqual([600, 400]);
  });

  test("is shared by its address, and undone and redone", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/?pipeline=blur(sigma=3)|sepia|flip&off=2&format=webp&quality=40");
    await page.getByRole("heading", { name: "Sepia" }).waitFor();
    expect(await steps(page)).toEqual(["Gaussian blur", "Sepia", "Flip"]);
    expect(await page.getByLabel("Sepia is on").isChecked()).toBe(false);
    expect(await page.getByLabel("Format").inputValue()).toBe("webp");
    expect(await page.getByLabel("Quality", { exact: true }).inputValue()).toBe("40");
    await page.getByRole("button", { name: "Remove Flip" }).click();
    await page.getByLabel("Sepia is on").check();
    await page.waitForURL((address) => address.searchParams.get("pipeline") === "blur(sigma=3) | sepia");
    await page.keyboard.press("Control+z");
    expect(await page.getByLabel("Sepia is on").isChecked()).toBe(false);
    await page.keyboard.press("Control+z");
    expect(await steps(page)).toEqual(["Gaussian blur", "Sepia", "Flip"]);
    await page.keyboard.press("Control+Shift+z");
    expect(await steps(page)).toEqual(["Gaussian blur", "Sepia"]);
  });

  test("is undone where steps are added, and those who hear the page are told", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/");
    await page.getByText("Drop images here").waitFor();
    await page.keyboard.press("a");
    for (const op of ["blur", "sepia"]) {
      await page.keyboard.type(op);
      await page.getByRole("listbox").getByRole("option").first().waitFor();
      await page.keyboard.press("Enter");
    }
    await page.keyboard.press("Control+z");
    await page.getByText("Undone. The pipeline is blur.").waitFor({ state: "attached" });
    expect(await steps(page)).toEqual(["Gaussian blur"]);
    await page.keyboard.type("sep");
    await page.keyboard.press("Control+z");
    expect(await steps(page)).toEqual(["Gaussian blur"]);
    await page.keyboard.press("Escape");
  });

  test("says what it cannot read in an address, and leaves it out", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/?pipeline=blur((&format=png");
    await page.getByRole("alert").getByText("The pipeline cannot be read.").waitFor();
    await addStep(page, "sepia");
    await page.waitForURL((address) => address.searchParams.get("pipeline") === "sepia");
    expect(await steps(page)).toEqual(["Sepia"]);
  });

  test("begins with a preset, and is kept as one in this browser", async () => {
    const { page } = await visits.visit(url);
    const preset = async (name: string) => {
      await page.getByRole("button", { name: "Presets" }).click();
      await page.getByRole("button", { name, exact: true }).click();
    };
    await page.goto("/");
    await preset("Black and white");
    expect(await steps(page)).toEqual(["Grayscale", "Auto contrast"]);
    await preset("Keep this pipeline as a preset …");
    await page.getByLabel("Name", { exact: true }).fill("Mine");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await page.getByText("Mine is kept in this browser.").waitFor();
    await page.goto("/?pipeline=sepia");
    await page.getByRole("heading", { name: "Sepia" }).waitFor();
    await preset("Mine");
    expect(await steps(page)).toEqual(["Grayscale", "Auto contrast"]);
    await preset("Forget Mine");
    await page.getByRole("button", { name: "Mine", exact: true }).waitFor({ state: "detached" });
  });

  test("is written as text, and said in words where that cannot be read", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/");
    await page.getByText("Text and commands").click();
    const text = page.getByLabel("As text");
    await text.fill("sepia(amount=0.5) | rotate(angle=180)");
    expect(await steps(page)).toEqual(["Sepia", "Rotate"]);
    expect(await page.getByLabel("Amount", { exact: true }).inputValue()).toBe("0.5");
    await text.fill("sepia | blr(");
    await page.getByText("Expected the name of a parameter at the end.").waitFor();
    await text.fill("sepia | blr");
    await page.getByText("There is no operation “blr”. Did you mean blur?").waitFor();
    await page.getByRole("button", { name: "Back to the steps above" }).click();
    expect(await text.inputValue()).toBe("sepia(amount=0.5) | rotate(angle=180)");
    await page.getByRole("button", { name: "curl", exact: true }).click();
    await page.getByText("The command is copied.").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain("--form-string 'pipeline=sepia(amount=0.5) | rotate(angle=180)'");
  });

  test("is put together by keys alone", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/");
    await page.getByText("Drop images here").waitFor();
    await addImages(page, PHOTO);
    await page.getByText("Result: 1,200 × 800 px").waitFor();
    const { keyboard } = page;
    await keyboard.press("a");
    await keyboard.type("blu");
    await keyboard.press("Enter");
    await keyboard.type("sat");
    await keyboard.press("Enter");
    expect(await steps(page)).toEqual(["Gaussian blur", "Saturation"]);
    await page.getByRole("button", { name: "Move Saturation, step 2 of 2" }).focus();
    await keyboard.press("ArrowUp");
    await page.getByText("Saturation is step 1 of 2.").waitFor({ state: "attached" });
    expect(await steps(page)).toEqual(["Saturation", "Gaussian blur"]);
    await page.getByLabel("Sigma, slider").focus();
    await keyboard.press("ArrowRight");
    expect(await page.getByLabel("Sigma", { exact: true }).inputValue()).toBe("5.1");
    const divider = page.getByRole("slider", { name: "Before and after" });
    await divider.focus();
    await keyboard.press("Home");
    expect(await divider.getAttribute("aria-valuenow")).toBe("0");
    await keyboard.press("1");
    await page.getByLabel("Zoom", { exact: true }).getByText("100 %").waitFor();
    await page.getByRole("button", { name: "Start" }).focus();
    await keyboard.press("Enter");
    await page.waitForURL(/\/jobs\/.+/);
  });

  test("has its steps dragged to another place", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/?pipeline=blur|sepia|flip");
    await page.getByRole("heading", { name: "Flip" }).waitFor();
    const handle = page.getByRole("button", { name: "Move Gaussian blur, step 1 of 3" });
    await handle.hover();
    await page.mouse.down();
    const last = (await page.getByRole("heading", { name: "Flip" }).boundingBox())!;
    await page.mouse.move(last.x, last.y + last.height, { steps: 5 });
    expect(await steps(page)).toEqual(["Sepia", "Flip", "Gaussian blur"]);
    await page.mouse.up();
    await page.waitForURL((address) => address.searchParams.get("pipeline") === "sepia | flip | blur");
  });

  test("shows what has come, beside the original or alone", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/?pipeline=threshold(level=0)|flip");
    const isFlippedOriginal = ({ pipeline }: Looked) => pipeline === "flip";
    await seen(page, isFlippedOriginal, () => addImages(page, PHOTO));
    /** Whether it is white at a share of its width. */
    const shows = (isWhite: boolean, at: number) =>
      page.waitForFunction(
        ([wanted, share]) => {
          const canvas = document.querySelector("canvas")!;
          const { data } = canvas
            .getContext("2d")!
            .getImageData(canvas.width * share, canvas.height / 2, 1, 1);
          return data[3] === 255 && (data[0] === 255 && data[1] === 255) === wanted;
        },
        [isWhite, at] as const,
      );
    await shows(true, 0.75);
    await shows(false, 0.25);
    await page.keyboard.press("c");
    await shows(true, 0.25);
    await page.getByLabel("Threshold is on").uncheck();
    await shows(false, 0.75);
    visits.forgive(/willReadFrequently/); // what the test does
  });

  test("shows real pixels where one looks closely, and moves with the mouse", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/?pipeline=invert");
    await addImages(page, PHOTO);
    await page.getByText("Result: 1,200 × 800 px").waitFor();
    await page.getByRole("application").hover({ position: { x: 50, y: 50 } });
    const isClose = ({ region }: Looked) => region !== undefined && region[2]! < 200;
    await seen(page, isClose, () => page.mouse.wheel(0, -2000));
    const isElsewhere = (look: Looked) => (look.region?.[0] ?? 0) > 100;
    await seen(page, isElsewhere, async () => {
      await page.mouse.down();
      await page.mouse.move(-300, 50, { steps: 3 });
      await page.mouse.up();
    });
    await page.getByRole("button", { name: "Fit" }).click();
    await page.getByRole("button", { name: "Fit", pressed: true }).waitFor();
  });

  test("of a step that the server refuses says so beside it", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/?pipeline=sepia|blur(sigma=3)|resize(scale=1000)");
    await addImages(page, PHOTO);
    const step = (name: string) =>
      page
        .locator(".recipe_step")
        .filter({ has: page.getByRole("heading", { name }) })
        .getByRole("alert");
    await step("Resize").getByText("After resize it would be 1200000 × 800000").waitFor();
    await page.getByRole("button", { name: "Remove Resize" }).click();
    await page.getByLabel("Sigma", { exact: true }).fill("1000");
    await step("Gaussian blur")
      .getByText("Sigma: it is 1000, expected a number from 0.1 to 100 (px).")
      .waitFor();
    await page.getByLabel("Sigma", { exact: true }).fill("10");
    await page.getByText("Result: 1,200 × 800 px").waitFor();
    visits.forgive(/422/);
  });

  test("of a damaged file says what is wrong, and goes on with another", async () => {
    const { page } = await visits.visit(url);
    const whole = await Bun.file(PHOTO).bytes();
    const damaged = join(visits.folder, "damaged.jpg");
    await Bun.write(damaged, whole.slice(0, whole.length / 2));
    await page.goto("/");
    await addImages(page, damaged);
    await page.getByText("The image ends too early. Send the whole file.").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Remove damaged.jpg" }).click();
    await addImages(page, PHOTO);
    await page.getByText("Result: 1,200 × 800 px").waitFor();
    visits.forgive(/422/);
  });

  test("takes images from addresses, and says which the server does not go to", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/");
    await page.getByRole("button", { name: "From an address" }).click();
    const address = page.getByRole("textbox", { name: "Address" });
    await address.fill("file:///etc/passwd");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("An address begins with http:// or https://.").waitFor();
    await address.fill(`${url}/photos/far%20away.jpg`);
    await address.press("Enter");
    await page.getByText("This server does not go to that address.").waitFor();
    await page.getByRole("button", { name: /^far away.jpg/ }).waitFor();
    visits.forgive(/422/);
  });

  test("goes on where it was when the server was restarted", async () => {
    const first = visits.serve();
    const { page } = await visits.visit(first.url);
    await page.goto("/?pipeline=sepia");
    await addImages(page, PHOTO);
    await page.getByText("Result: 1,200 × 800 px").waitFor();
    await first.stop();
    await page.getByText("Connection lost").waitFor();
    await addStep(page, "resize");
    await page.getByText("Wait for the connection.").waitFor();
    visits.serve({ dir: first.dir, port: Number(new URL(first.url).port) });
    await page.getByText("Result: 600 × 400 px").waitFor();
    visits.forgive(/ERR_CONNECTION|WebSocket|status of 404/);
  });

  test("of many images becomes a batch", async () => {
    const { page } = await visits.visit(url, { scheme: "dark" });
    const paths = await Promise.all(
      [0, 1, 2, 3].map((i) => picture(join(visits.folder, `many-${i}.jpg`), 64 + i, 64)),
    );
    await page.goto("/?pipeline=sepia");
    await addImages(page, ...paths);
    await page.getByRole("heading", { name: "4 images" }).waitFor();
    await page.getByText("68 × 64").or(page.getByText("67 × 64")).first().waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Remove many-3.jpg" }).click();
    const taken = new Promise<void>((resolve) => {
      let count = 0;
      page.on("response", (response) => {
        if (response.url().endsWith("/images") && response.status() === 202 && ++count === 3) resolve();
      });
    });
    await page.getByRole("button", { name: "Start 3 images" }).click();
    await page.waitForURL(/\/batches\/.+/);
    const [, id] = /\/batches\/([^/]+)/.exec(page.url())!;
    await taken;
    const batch = await (await fetch(`${url}/v1/batches/${id}`)).json();
    expect(batch).toMatchObject({ images: 3, pipeline: [{ op: "sepia" }] });
  });

  test("takes files that are dropped on it, and says what is no image", async () => {
    const { page } = await visits.visit(url);
    await page.goto("/");
    await page.getByText("Drop images here").waitFor();
    const small = await picture(join(visits.folder, "small.jpg"), 32, 32);
    const bytes = [...(await Bun.file(small).bytes())];
    await page.evaluate((list) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(list)], "dropped.jpg", { type: "image/jpeg" }));
      transfer.items.add(new File(["words"], "notes.txt", { type: "text/plain" }));
      dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
    }, bytes);
    await page.getByRole("button", { name: /^dropped.jpg/ }).waitFor();
    await page.getByText("“notes.txt” is no image.").waitFor();
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.setData("text/uri-list", "http://127.0.0.1:1/elsewhere.png");
      dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
    });
    await page.getByRole("button", { name: /^elsewhere.png/ }).waitFor();
  });
});
