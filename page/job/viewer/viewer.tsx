/** Source and result to be looked at, down to their pixels, also while the job runs. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { hasEnded, type JobView } from "../../../client/client.ts";
import { Button } from "../../design/button.tsx";
import { Divider } from "../../design/divider.tsx";
import { percent } from "../../design/format.ts";
import { wordsOf } from "../../shell/notices.tsx";
import { type Lookable, lookableOf } from "../condition.ts";
import type { Board } from "../mosaic/board.ts";
import { ViewerStage } from "./stage.ts";
import type { Which } from "./zoom_picture.ts";

/** Between looks at a picture that grows. */
const LOOK_EVERY_MS = 2500;
const ZOOM_STEP = 1.5;

export default function Viewer({ job, board }: { readonly job: JobView; readonly board: Board }) {
  const { id } = job;
  const element = useRef<HTMLDivElement>(null);
  const [below, belowResult] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)];
  const stage = useRef<ViewerStage | undefined>(undefined);
  const share = useSignal(0.5);
  const zoom = useSignal(0);
  const isWaiting = useSignal(true);
  const there = useSignal<Lookable>({ source: false, result: false });
  const faults = useSignal<readonly string[]>([]);
  const tell = (fault: string) => {
    if (!faults.value.includes(fault)) faults.value = [...faults.value, fault];
  };
  useEffect(() => {
    const made = new ViewerStage({
      ...{ id, element: element.current! },
      grounds: { source: below.current!, result: belowResult.current! },
      label: "Source and result; arrow keys move the view, plus and minus zoom, 0 shows all",
      isStill: matchMedia("(prefers-reduced-motion: reduce)").matches,
      onZoom: (value) => {
        zoom.value = value;
      },
      onWait(value) {
        isWaiting.value = value;
      },
      onFault: (thrown) => tell(wordsOf(thrown).text),
    });
    stage.current = made;
    const end = share.subscribe((value) => made.divide(value));
    return () => {
      stage.current = undefined;
      end();
      made.end();
    };
  }, [id]);
  useOpening(job, stage, there, tell);
  useGrowing(job, board, stage);
  const { source, result } = there.value;
  const lookable = lookableOf(job, Date.now());
  const isComing = isWaiting.value && (lookable.source || lookable.result) && faults.value.length === 0;
  return (
    <div class="compare_frame">
      <div class="compare" data-growing={!hasEnded(job)} data-waiting={isWaiting.value}>
        <div class="compare_ground" ref={below} />
        <div class="compare_ground" ref={belowResult} />
        <div class="compare_stage" ref={element} />
        {source && result && (
          <>
            <span class="compare_tag before">Before</span>
            <span class="compare_tag after">After</span>
            <Divider label="Line between before and after" share={share} />
          </>
        )}
        <p class="compare_waits" role="status">
          {isComing && "The pictures are on their way …"}
        </p>
      </div>
      <div class="row apart">
        <div class="row">
          <Button icon="minus" label="Zoom out" onClick={() => stage.current?.zoomBy(1 / ZOOM_STEP)} />
          <Button icon="plus" label="Zoom in" onClick={() => stage.current?.zoomBy(ZOOM_STEP)} />
          <Button onClick={() => stage.current?.whole()}>Whole</Button>
          <Button label="A pixel of the screen for each of the picture" onClick={() => stage.current?.real()}>
            Real pixels
          </Button>
        </div>
        <output class="muted number">{zoom.value > 0 ? percent(zoom.value) : ""}</output>
      </div>
      <Missing job={job} />
      {faults.value.map((fault) => (
        <p key={fault} class="muted" role="status">
          {fault}
        </p>
      ))}
    </div>
  );
}

/** Says why a picture is not to be seen. */
function Missing({ job }: { readonly job: JobView }) {
  const { source, result } = lookableOf(job, Date.now());
  if (source && result) return null;
  const text = !hasEnded(job)
    ? "There is something to look at as soon as the job begins."
    : source
      ? "There is no result to look at."
      : result
        ? "The source is not kept any more: only the result is to be seen."
        : "Neither source nor result are kept any more.";
  return <p class="muted">{text}</p>;
}

interface Opened {
  readonly current: ViewerStage | undefined;
}

/** Opens each picture as soon as it can be looked at. */
function useOpening(
  job: JobView,
  stage: Opened,
  there: Signal<Lookable>,
  tell: (fault: string) => void,
): void {
  const { source, result } = lookableOf(job, Date.now());
  useEffect(() => {
    const made = stage.current;
    if (made === undefined) return;
    const open = async (which: Which, can: boolean) => {
      if (!can || there.value[which] || stage.current !== made) return;
      try {
        await made.open(which);
        if (stage.current === made) there.value = { ...there.value, [which]: true };
      } catch (thrown) {
        if (stage.current === made) tell(wordsOf(thrown).text);
      }
    };
    void open("result", result).then(() => open("source", source));
  }, [job.id, source, result]);
}

/** Looks again, gently, while the job makes more of its pictures; once more when it has ended. */
function useGrowing(job: JobView, board: Board, stage: Opened): void {
  const { state } = job;
  const before = useRef(state);
  useEffect(() => {
    const had = before.current;
    before.current = state;
    if (had !== state) void stage.current?.refresh("result");
    if (had !== state && (had === "ingesting" || had === "queued")) void stage.current?.refresh("source");
    if (hasEnded(job)) return;
    let hasNews = false;
    const end = board.listen({
      tile(at, _, done) {
        if (done && at === board.stages.length - 1) hasNews = true;
      },
    });
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      if (state === "ingesting") void stage.current?.refresh("source");
      if (hasNews) void stage.current?.refresh("result");
      hasNews = false;
    }, LOOK_EVERY_MS);
    return () => {
      end();
      clearInterval(timer);
    };
  }, [state, board]);
}
