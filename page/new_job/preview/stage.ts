/** What is seen of an image while its pipeline is put together, kept up to date with as few requests as will do. */

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { randomId } from "../../../client/random_id.ts";
import { TesseraError } from "../../../shared/errors.ts";
import type { Rect, Size } from "../../../shared/geometry.ts";
import { api } from "../../shell/api.ts";
import { connection } from "../../shell/live.ts";
import { session, wantsSignIn } from "../../shell/session.ts";
import { unlessAborted } from "../../shell/unless_aborted.ts";
import { isMoving, recipe } from "../draft.ts";
import { looked, type SourceImage, typeOf } from "../images/images.ts";
import { forgetProxy, proxyOf, type SentImage } from "../images/proxies.ts";
import { movesPixels } from "../pipeline/transforms.ts";
import { active } from "../recipe.ts";
import { type Fault, faultOf } from "./fault.ts";
import { Looker } from "./looker.ts";
import { FIT, type Viewport } from "./viewport.ts";
import { differs, type Look, wishesOf } from "./wishes.ts";

/** A part of the result as it is seen. */
export interface Picture {
  readonly image: number;
  readonly bitmap: ImageBitmap;
  /** Where it lies in the result, as shares of it. */
  readonly place: Rect;
  readonly isExact: boolean;
  /** Whether some of it may be transparent. */
  readonly isClear: boolean;
}

/** What takes longer than this is shown to be under way. */
const SLOW_MS = 500;
/** Looks that would take longer are made coarser while something is dragged. */
const FLUENT_MS = 100;

export class Stage {
  readonly view = signal<Viewport>(FIT);
  readonly size = signal<Size>({ width: 0, height: 0 });
  readonly density = signal(1);
  readonly compares = signal(true);
  /** Where before ends and after begins, as a share of what is seen. */
  readonly divider = signal(0.5);
  readonly pictures = signal<Readonly<Record<string, Picture>>>({});
  /** The result's size; nothing until the first look. */
  readonly result = signal<Size | undefined>(undefined);
  readonly fault = signal<Fault | undefined>(undefined);
  /** Whether something has been under way for so long that it should be said. */
  readonly isSlow = signal(false);
  /** Whether that is because the image has to come to the server first. */
  readonly isSending = signal(false);
  /** Whether all that is wanted is there. */
  readonly isIdle = signal(true);
  readonly steps = computed(() => active(recipe.value));
  readonly isCompared = computed(() => this.compares.value && differs(this.steps.value, movesPixels));

  private readonly lane = randomId();
  private slowness: ReturnType<typeof setTimeout> | undefined;
  private readonly looker = new Looker<Look, Seen>({
    ask: (look, signal) => this.ask(look, signal),
    show: (place, seen, look) => this.show(place, seen, look),
    fail: (_, thrown, look) => this.fail(thrown, look),
    busy: (isBusy) => this.busy(isBusy),
  });

  /** @returns how to end it */
  start(): () => void {
    const ends = [
      effect(() => this.follow()),
      effect(() => this.begin(looked.value)),
      effect(() => {
        if (connection.value === "open" && session.value) untracked(() => this.mend());
      }),
    ];
    return () => {
      for (const end of ends) end();
      this.looker.end();
      clearTimeout(this.slowness);
      this.clear();
    };
  }

  /** Tries again what could not be had. */
  again(): void {
    const image = looked.peek();
    if (image !== undefined && image.fault.peek() !== "") forgetProxy(image);
    this.fault.value = undefined;
    this.looker.again();
  }

  /** The server is there again, or knows us again. */
  private mend(): void {
    const image = looked.value;
    if (this.fault.value !== undefined || (image !== undefined && image.fault.value !== "")) this.again();
  }

  /** Another image: nothing of the last one stays. */
  private begin(_: SourceImage | undefined): void {
    this.looker.giveUp();
    batch(() => {
      this.clear();
      this.view.value = FIT;
      this.result.value = undefined;
      this.fault.value = undefined;
    });
  }

  private clear(): void {
    for (const { bitmap } of Object.values(this.pictures.peek())) bitmap.close();
    this.pictures.value = {};
  }

  private follow(): void {
    const image = looked.value;
    const stage = this.size.value;
    if (image === undefined || stage.width === 0) {
      this.looker.want([]);
      return;
    }
    const picture = this.result.value ?? image.size.value ?? stage;
    const wishes = wishesOf({
      ...{ hasAlpha: typeOf(image) !== "image/jpeg", movesPixels },
      ...{ image: image.id, steps: this.steps.value, view: this.view.value, picture, stage },
      ...{
        density: this.density.value,
        compares: this.compares.value,
        withinMs: isMoving.value ? FLUENT_MS : undefined,
      },
    });
    this.looker.want(wishes);
    this.drop(new Set(wishes.map(({ place }) => place)));
  }

  /** Pictures of places that are not seen any more. */
  private drop(wanted: ReadonlySet<string>): void {
    const gone = Object.entries(this.pictures.peek()).filter(([place]) => !wanted.has(place));
    if (gone.length === 0) return;
    for (const [, { bitmap }] of gone) bitmap.close();
    this.pictures.value = Object.fromEntries(
      Object.entries(this.pictures.peek()).filter(([place]) => wanted.has(place)),
    );
  }

  private async ask(look: Look, signal: AbortSignal): Promise<Seen> {
    const image = looked.peek()!;
    for (let attempt = 1; ; attempt++) {
      const { id, width, height } = await this.proxyOf(image, signal);
      image.size.value = { width, height };
      try {
        const { region, size, pipeline, side, format, withinMs: within_ms } = look;
        const answer = await api.preview(
          {
            body: {
              proxy: id,
              pipeline,
              size,
              format,
              lane: `${this.lane} ${side}`,
              ...(region && { region: arrayOf(region) }),
              ...(within_ms !== undefined && { within_ms }),
            },
          },
          { signal },
        );
        const bitmap = await createImageBitmap(await answer.blob());
        return {
          bitmap,
          result: sizeOf(answer.headers),
          isExact: answer.headers.get("tessera-exact") === "true",
        };
      } catch (thrown) {
        const isGone = thrown instanceof TesseraError && thrown.code === "proxy_not_found";
        if (!isGone || attempt > 1) throw thrown;
        forgetProxy(image);
      }
    }
  }

  private async proxyOf(image: SourceImage, signal: AbortSignal): Promise<SentImage> {
    this.isSending.value = true;
    try {
      const proxy = await unlessAborted(proxyOf(image), signal);
      image.fault.value = "";
      return proxy;
    } catch (thrown) {
      if (!signal.aborted) {
        const { text, detail = "" } = faultOf(thrown);
        image.fault.value = `${text} ${detail}`.trim();
      }
      throw thrown;
    } finally {
      this.isSending.value = false;
    }
  }

  private show(
    place: string,
    { bitmap, result, isExact }: Seen,
    { image, region, side, format }: Look,
  ): void {
    if (looked.peek()?.id !== image) {
      bitmap.close();
      return;
    }
    const whole = { x: 0, y: 0, ...result };
    const { x, y, width, height } = region ?? whole;
    const shares = {
      ...{ x: x / result.width, y: y / result.height },
      ...{ width: width / result.width, height: height / result.height },
    };
    this.pictures.peek()[place]?.bitmap.close();
    batch(() => {
      if (side === "after") {
        this.fault.value = undefined;
        const known = this.result.peek();
        if (known?.width !== result.width || known?.height !== result.height) this.result.value = result;
      }
      this.pictures.value = {
        ...this.pictures.peek(),
        [place]: { image, bitmap, place: shares, isExact, isClear: format !== "jpeg" },
      };
    });
  }

  private fail(thrown: unknown, { image, side }: Look): void {
    if (looked.peek()?.id !== image) return;
    const isOurs = thrown instanceof TesseraError && thrown.code === "preview_superseded";
    if (isOurs) this.looker.again();
    // Before is what after is made of: its own fault would be the same, or none that anybody waits for.
    else if (side === "after") {
      wantsSignIn(thrown);
      if (looked.peek()?.fault.peek() === "") this.fault.value = faultOf(thrown);
    }
  }

  private busy(isBusy: boolean): void {
    this.isIdle.value = !isBusy;
    if (!isBusy) {
      clearTimeout(this.slowness);
      this.slowness = undefined;
      this.isSlow.value = false;
    } else
      this.slowness ??= setTimeout(() => {
        this.isSlow.value = true;
      }, SLOW_MS);
  }
}

interface Seen {
  readonly bitmap: ImageBitmap;
  readonly result: Size;
  readonly isExact: boolean;
}

const arrayOf = ({ x, y, width, height }: Rect): number[] => [x, y, width, height];

const sizeOf = (headers: Headers): Size => ({
  width: Number(headers.get("tessera-width")),
  height: Number(headers.get("tessera-height")),
});
