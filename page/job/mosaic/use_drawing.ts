import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Board, StageBoard } from "./board.ts";
import { ResultPicture } from "./picture.ts";
import { Sheet } from "./sheet.ts";

/** More of them would not be told apart. */
const DENSITY_MAX = 2;

interface Drawn {
  readonly id: string;
  readonly board: Board;
  readonly stage: StageBoard;
  /** The worker whose tiles stand out, if any is to. */
  readonly lit: Signal<string | undefined>;
  /** Whether the pixels of the stage's tiles can be had. */
  readonly pixels: boolean;
}

/** Draws a stage on the two canvases of an element: the result's pixels below, the sheet of tiles above. */
export function useDrawing(element: { readonly current: HTMLElement | null }, drawn: Drawn): void {
  const { id, board, stage, lit, pixels } = drawn;
  const drawing = useRef<Drawing | undefined>(undefined);
  useEffect(() => {
    const made = new Drawing(id, element.current!);
    drawing.current = made;
    return () => made.end();
  }, [id]);
  useEffect(() => {
    drawing.current!.show(stage, pixels);
    return board.listen({
      tile(at, tile) {
        if (board.stages[at] === stage) drawing.current!.touch(tile);
      },
    });
  }, [id, board, stage, pixels]);
  useEffect(() => lit.subscribe((worker) => drawing.current!.light(worker)), [id, lit]);
}

class Drawing {
  private readonly sheet: Sheet;
  private readonly picture: ResultPicture;
  private readonly below: HTMLCanvasElement;
  private readonly resized: ResizeObserver;
  private stage: StageBoard | undefined;

  constructor(
    id: string,
    private readonly element: HTMLElement,
  ) {
    const [below, above] = element.querySelectorAll("canvas");
    this.below = below!;
    this.sheet = new Sheet(above!);
    this.picture = new ResultPicture({
      ...{ id, canvas: below! },
      reveal: (tile, there) => this.sheet.reveal(tile, there),
    });
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(element);
  }

  show(stage: StageBoard, pixels: boolean): void {
    this.stage = stage;
    this.fit();
    if (!pixels) this.sheet.conceal();
    this.picture.show(pixels ? stage : undefined);
  }

  touch(tile: number): void {
    this.sheet.touch(tile);
    if (this.stage!.isDone(tile)) this.picture.want();
  }

  light(worker: string | undefined): void {
    this.sheet.light(worker);
  }

  end(): void {
    this.resized.disconnect();
    this.picture.end();
    this.sheet.end();
  }

  private fit(): void {
    if (this.stage === undefined) return;
    const { element, below } = this;
    const density = Math.min(devicePixelRatio, DENSITY_MAX);
    const width = Math.max(1, Math.round(element.clientWidth * density));
    const height = Math.max(1, Math.round(element.clientHeight * density));
    if (below.width !== width || below.height !== height) {
      Object.assign(below, { width, height });
      this.picture.paint();
    }
    this.sheet.show(this.stage, width, height);
  }
}
