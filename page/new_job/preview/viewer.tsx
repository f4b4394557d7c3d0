import { useComputed, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { Divider } from "../../design/divider.tsx";
import { Empty } from "../../design/empty.tsx";
import { bytes, megapixels, percent, pixels } from "../../design/format.ts";
import { Meter } from "../../design/meter.tsx";
import { looked, type SourceFile } from "../images/images.ts";
import { goOnWith } from "../sending/sending.ts";
import { fit, moveByKey, moveByPointers, realPixels, zoomIn, zoomOut } from "./moving.ts";
import { type Painting, paint } from "./paint.ts";
import type { Stage } from "./stage.ts";
import { placeOf, zoomOf } from "./viewport.ts";

/** The picture, and what it is looked at with. */
export function Viewer({ stage, name }: { readonly stage: Stage; readonly name: string }) {
  return (
    <figure class="preview" aria-label={`Preview of ${name}`}>
      <Picture stage={stage} />
      <figcaption class="preview_bar">
        <ResultSize stage={stage} />
        <ViewTools stage={stage} />
      </figcaption>
    </figure>
  );
}

function Picture({ stage }: { readonly stage: Stage }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const place = useComputed(() => {
    const { view, result, size, density } = stage;
    return placeOf(view.value, result.value ?? size.value, size.value, density.value);
  });
  const seen = useComputed(() => {
    const { x, y, width, height } = place.value;
    const [left, top] = [Math.max(0, x), Math.max(0, y)];
    const [right, bottom] = [
      Math.min(stage.size.value.width, x + width),
      Math.min(stage.size.value.height, y + height),
    ];
    return { x: left, y: top, width: right - left, height: bottom - top };
  });
  useEffect(() => {
    const element = box.current!;
    const measured = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      stage.density.value = devicePixelRatio;
      stage.size.value = { width, height };
    });
    measured.observe(element);
    const endMoving = moveByPointers(stage, element);
    return () => {
      measured.disconnect();
      endMoving();
    };
  }, [stage]);
  const frame = useRef(0);
  useSignalEffect(() => {
    const { size, density, pictures, view, result, divider, isCompared } = stage;
    const hasBefore = pictures.value["before whole"] !== undefined;
    const painting = {
      ...{ stage: size.value, density: density.value, place: place.value },
      zoom: zoomOf(view.value, result.value ?? size.value, size.value, density.value),
      // As long as there is no picture of before, all of it is after.
      split: hasBefore && isCompared.value ? seen.value.x + divider.value * seen.value.width : undefined,
    };
    cancelAnimationFrame(frame.current);
    // Those that are there by then: the others are closed.
    frame.current = requestAnimationFrame(() =>
      repaint(canvas.current, { ...painting, pictures: pictures.peek() }),
    );
  });
  const hasPicture = useComputed(() => stage.pictures.value["after whole"] !== undefined);
  return (
    <div
      class="preview_stage"
      ref={box}
      data-free={stage.view.value.kind === "free"}
      aria-busy={stage.isSlow}
    >
      <div
        class="preview_canvas"
        role="application"
        aria-label="The picture; arrow keys move it, plus and minus zoom"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is moved by arrow keys
        tabIndex={0}
        onKeyDown={(event) => moveByKey(stage, event)}
      >
        <canvas ref={canvas} />
      </div>
      {hasPicture.value && stage.isCompared.value && (
        <>
          <Divider label="Before and after" share={stage.divider} seen={seen} />
          <span class="preview_side before">Before</span>
          <span class="preview_side after">After</span>
        </>
      )}
      <ImageFault stage={stage} />
      <Waiting stage={stage} />
    </div>
  );
}

function repaint(canvas: HTMLCanvasElement | null, painting: Painting): void {
  if (canvas === null) return;
  const { stage, density } = painting;
  const [width, height] = [Math.round(stage.width * density), Math.round(stage.height * density)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  paint(canvas.getContext("2d")!, painting);
}

/** Why the image cannot be looked at. */
function ImageFault({ stage }: { readonly stage: Stage }) {
  const fault = looked.value?.fault.value ?? "";
  if (fault === "") return null;
  return (
    <div class="preview_fault" role="alert">
      <Empty icon="warning" title="This image cannot be shown">
        <p>{fault}</p>
        <Button icon="retry" onClick={() => stage.again()}>
          Try again
        </Button>
      </Empty>
    </div>
  );
}

function Waiting({ stage }: { readonly stage: Stage }) {
  const { isSending, isSlow } = stage;
  const source = looked.value?.source;
  const file = source !== undefined && "file" in source ? source : undefined;
  const sent = file?.upload.sent.value ?? 0;
  if (isSending.value && file !== undefined && sent < file.file.size)
    // Once a part has come it is known to take more than a moment.
    return <Notice>{(isSlow.value || sent > 0) && <Coming source={file} />}</Notice>;
  const words = !isSending.value
    ? "Working …"
    : file === undefined
      ? "The server fetches the image …"
      : "The server reads the image …";
  return <Notice>{isSlow.value && words}</Notice>;
}

const Notice = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="preview_waiting" role="status">
    {children}
  </div>
);

/** How far an image is that has to come to the server before it can be looked at. */
function Coming({ source: { file, upload } }: { readonly source: SourceFile }) {
  const { value: sent } = upload.sent;
  return (
    <>
      <span>
        {upload.isPaused.value ? "The upload is paused." : "The image is on its way to the server."}{" "}
        <span class="number" aria-hidden="true">
          {bytes(sent)} of {bytes(file.size)}
        </span>
      </span>
      <Meter label={`Sent of ${file.name}`} share={sent / file.size} />
      {upload.isPaused.value && (
        <Button look="plain" icon="play" onClick={() => goOnWith(upload)}>
          Go on
        </Button>
      )}
    </>
  );
}

function ResultSize({ stage }: { readonly stage: Stage }) {
  const result = stage.result.value;
  return (
    <span class="muted number">
      {result !== undefined &&
        `Result: ${pixels(result.width, result.height)} px, ${megapixels(result.width, result.height)}`}
    </span>
  );
}

function ViewTools({ stage }: { readonly stage: Stage }) {
  const result = stage.result.value;
  const { view, size, density } = stage;
  const none = result === undefined;
  const zoom = none ? 1 : zoomOf(view.value, result, size.value, density.value);
  return (
    <fieldset class="row tools" aria-label="View">
      <Button
        look="quiet"
        icon="divide"
        label="Compare before and after"
        pressed={stage.compares.value}
        onClick={() => {
          stage.compares.value = !stage.compares.value;
        }}
      />
      <Button look="quiet" icon="minus" label="Zoom out" disabled={none} onClick={() => zoomOut(stage)} />
      <output class="preview_zoom number" aria-label="Zoom">
        {none ? "–" : percent(zoom)}
      </output>
      <Button look="quiet" icon="plus" label="Zoom in" disabled={none} onClick={() => zoomIn(stage)} />
      <Button look="quiet" disabled={none} pressed={view.value.kind === "fit"} onClick={() => fit(stage)}>
        Fit
      </Button>
      <Button look="quiet" disabled={none} label="Real pixels" onClick={() => realPixels(stage)}>
        100 %
      </Button>
    </fieldset>
  );
}
