/**
 * The pixels of a running result, below its mosaic: the whole picture, small, asked for now and then while something
 * changes. Never more than one at a time, and with pauses in proportion to what one takes, so that looking on costs the
 * server little, however many tiles there are and however slow it is.
 */
import { api } from "../../shell/api.ts";
import type { StageBoard } from "./board.ts";

const PAUSE_MS = 700;
/** Of the time that a picture took, between it and the next. */
const PAUSE_SHARE = 3;
const PAUSE_MAX_MS = 15_000;
/** In vain, one after the other, before it waits for the next tile that is done. */
const TRIES_MAX = 5;
/** Sizes are asked for in these steps, so that those who look at the same are given the same. */
const SIZE_STEP = 256;
const SIZE_MAX = 2048;

interface PictureNeeds {
  readonly id: string;
  readonly canvas: HTMLCanvasElement;
  /** Whether the pixels of a tile are there. */
  readonly reveal: (tile: number, there: boolean) => void;
}

export class ResultPicture {
  private stage: StageBoard | undefined;
  private wanted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pauseMs = 0;
  private failures = 0;
  private asking: AbortController | undefined;
  private last: ImageBitmap | undefined;

  constructor(private readonly needs: PictureNeeds) {
    document.addEventListener("visibilitychange", this.schedule);
  }

  /** Goes on with another stage, or with the same in another run; with nothing where pixels cannot be had. */
  show(stage: StageBoard | undefined): void {
    if (stage === this.stage) return;
    this.asking?.abort();
    this.asking = undefined;
    this.stage = stage;
    this.pauseMs = 0;
    this.failures = 0;
    if (stage === undefined) {
      this.keep(undefined);
      this.paint();
    }
    if (stage !== undefined && stage.done > 0) this.want();
  }

  /** Something is done that is not to be seen yet. */
  want(): void {
    if (this.stage === undefined) return;
    this.wanted = true;
    this.schedule();
  }

  /** Has the canvas filled again after it has changed its size. */
  paint(): void {
    const { canvas } = this.needs;
    const context = canvas.getContext("2d")!;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (this.last !== undefined) context.drawImage(this.last, 0, 0, canvas.width, canvas.height);
  }

  end(): void {
    document.removeEventListener("visibilitychange", this.schedule);
    clearTimeout(this.timer);
    this.asking?.abort();
    this.stage = undefined;
    this.keep(undefined);
  }

  private readonly schedule = (): void => {
    const idle = this.timer === undefined && this.asking === undefined;
    if (!idle || !this.wanted || document.visibilityState !== "visible") return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        void this.ask();
      },
      this.isComplete && this.failures === 0 ? Math.min(PAUSE_MS, this.pauseMs) : this.pauseMs,
    );
  };

  /** Nothing is kept from its work any more. */
  private get isComplete(): boolean {
    return this.stage !== undefined && this.stage.done === this.stage.count;
  }

  private async ask(): Promise<void> {
    const { stage } = this;
    if (stage === undefined) return;
    const asking = new AbortController();
    const begunMs = performance.now();
    this.asking = asking;
    this.wanted = false;
    try {
      const { width, height } = this.needs.canvas;
      const size = Math.min(SIZE_MAX, Math.ceil(Math.max(width, height, 1) / SIZE_STEP) * SIZE_STEP);
      const { id } = this.needs;
      const answer = await api.getPreview({ id, of: "result", size, format: "webp" }, asking);
      const isFinal = answer.headers.get("cache-control")?.includes("immutable") ?? false;
      const picture = await createImageBitmap(await answer.blob());
      if (asking.signal.aborted) return picture.close();
      this.failures = 0;
      this.keep(picture);
      this.paint();
      if (!this.compare(stage, picture, isFinal)) this.wanted = true;
    } catch {
      // It has none (any more), or cannot be reached: what is known of the tiles is shown without their pixels.
      this.wanted = ++this.failures < TRIES_MAX && !asking.signal.aborted;
    } finally {
      const tookMs = performance.now() - begunMs;
      const pauseMs = Math.max(PAUSE_MS * 2 ** this.failures, PAUSE_SHARE * tookMs);
      this.pauseMs = Math.min(PAUSE_MAX_MS, pauseMs);
      if (this.asking === asking) {
        this.asking = undefined;
        this.schedule();
      }
    }
  }

  /** Looks which tiles the picture has: what is missing is transparent. @returns whether it has all that are done */
  private compare(stage: StageBoard, picture: ImageBitmap, isFinal: boolean): boolean {
    const { columns, rows } = stage.grid;
    const context = isFinal ? undefined : onePixelEach(picture, columns, rows);
    const pixels = context?.getImageData(0, 0, columns, rows).data;
    let all = true;
    for (let tile = 0; tile < stage.count; tile++) {
      const there = isFinal || pixels![4 * tile + 3]! > 0;
      if (stage.isDone(tile) && !there) all = false;
      this.needs.reveal(tile, there);
    }
    return all;
  }

  private keep(picture: ImageBitmap | undefined): void {
    this.last?.close();
    this.last = picture;
  }
}

function onePixelEach(picture: ImageBitmap, columns: number, rows: number) {
  const context = new OffscreenCanvas(columns, rows).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0, columns, rows);
  return context;
}
