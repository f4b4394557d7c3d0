/** The tiles of a job, each where it lies in the picture: who has it, how it stands, and its pixels once it is done. */
import { type Signal, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Board, StageBoard } from "./board.ts";
import { cellOf, tileAt, tileByKey } from "./layout.ts";
import { tileWords } from "./tile_words.ts";
import { useDrawing } from "./use_drawing.ts";

interface MosaicProps {
  readonly id: string;
  readonly board: Board;
  /** The stage that is shown: another one in each run of the job. */
  readonly stage: StageBoard;
  /** Whether the result can be looked at. */
  readonly isLookable: boolean;
  /** The worker whose tiles stand out, if any is to. */
  readonly lit: Signal<string | undefined>;
  readonly nameOf: (worker: string) => string;
}

export function Mosaic({ id, board, stage, isLookable, lit, nameOf }: MosaicProps) {
  const { index } = stage.grid;
  const surface = useRef<HTMLDivElement>(null);
  /** The tile that is pointed at or walked to. */
  const looked = useSignal<number | undefined>(undefined);
  const facts = useSignal("");
  const hasFocus = useSignal(false);
  useDrawing(surface, { id, board, stage, lit, pixels: isLookable && index === board.stages.length - 1 });
  useEffect(() => {
    // The same tiles in another run of the job: whoever looks at one goes on looking at it.
    if ((looked.peek() ?? 0) >= stage.count) looked.value = undefined;
    const tell = () => {
      const tile = looked.value;
      facts.value = tile === undefined ? "" : tileWords(index, stage.tile(tile), nameOf);
    };
    const ends = [
      looked.subscribe(tell),
      board.listen({ tile: (at, tile) => at === index && tile === looked.value && tell() }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [stage, nameOf]);
  const point = (event: TargetedPointerEvent<HTMLDivElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    looked.value = tileAt(stage.grid, (event.clientX - left) / width, (event.clientY - top) / height);
  };
  const walk = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const to = tileByKey(stage.grid, looked.value ?? 0, event.key);
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    looked.value = looked.value === undefined ? 0 : to;
  };
  const { width, height } = stage.grid;
  return (
    <>
      <div
        ref={surface}
        class="mosaic"
        style={{ aspectRatio: `${width} / ${height}`, "--ratio": width / height }}
        role="application"
        aria-roledescription="mosaic of tiles"
        aria-label={`${stage.grid.columns} × ${stage.grid.rows} tiles; arrow keys move from one to the next`}
        aria-describedby="tile_facts"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is walked over with the arrow keys
        tabIndex={0}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => {
          if (!hasFocus.value) looked.value = undefined;
        }}
        onFocus={() => {
          hasFocus.value = true;
          if (surface.current?.matches(":focus-visible")) looked.value ??= 0;
        }}
        onBlur={() => {
          hasFocus.value = false;
          looked.value = undefined;
        }}
        onKeyDown={walk}
      >
        <canvas class="mosaic_picture" />
        <canvas class="mosaic_sheet" />
        <Cursor stage={stage} looked={looked} />
      </div>
      <TileFacts facts={facts} aloud={hasFocus} />
    </>
  );
}

/** Around the tile that is looked at. */
function Cursor({
  stage,
  looked,
}: {
  readonly stage: StageBoard;
  readonly looked: Signal<number | undefined>;
}) {
  const tile = looked.value;
  if (tile === undefined) return null;
  const { grid } = stage;
  const { x, y, width, height } = cellOf(grid, grid, tile);
  const share = (part: number, whole: number) => `${(part / whole) * 100}%`;
  return (
    <div
      class="mosaic_cursor"
      style={{
        left: share(x, grid.width),
        top: share(y, grid.height),
        width: share(width, grid.width),
        height: share(height, grid.height),
      }}
    />
  );
}

/** Read aloud to those who walk over the tiles, not while a pointer passes over them. */
function TileFacts({ facts, aloud }: { readonly facts: Signal<string>; readonly aloud: Signal<boolean> }) {
  return (
    <p class="tile_facts number" id="tile_facts" aria-live={aloud.value ? "polite" : "off"}>
      {facts.value === "" ? <span class="muted">Point at a tile to see who made it.</span> : facts.value}
    </p>
  );
}
