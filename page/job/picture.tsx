/** The job's picture: its tiles as they come, or its pixels to be looked at closely. */
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { JobView } from "../../client/client.ts";
import { Button } from "../design/button.tsx";
import { attempt } from "../shell/notices.tsx";
import { place, setSearch } from "../shell/router.ts";
import { lookableOf } from "./condition.ts";
import { Legend } from "./mosaic/legend.tsx";
import { Mosaic } from "./mosaic/mosaic.tsx";
import type { Watched } from "./watching.ts";

type Way = "tiles" | "look";

interface PictureProps {
  readonly job: JobView;
  readonly watched: Watched;
  readonly nameOf: (worker: string) => string;
}

const shownWay = (): Way => (place.value.search.get("view") === "look" ? "look" : "tiles");

export const showWay = (way: Way): void => setSearch({ view: way === "tiles" ? undefined : way });

export function Picture({ job, watched, nameOf }: PictureProps) {
  const way = shownWay();
  return (
    <section class="card stack picture_card" aria-label="Picture">
      <div class="row apart">
        <fieldset class="row" aria-label="What is shown">
          <Button look="quiet" pressed={way === "tiles"} onClick={() => showWay("tiles")}>
            Tiles
          </Button>
          <Button look="quiet" pressed={way === "look"} onClick={() => showWay("look")}>
            Before and after
          </Button>
        </fieldset>
        {way === "tiles" && <Stages watched={watched} />}
      </div>
      {way === "tiles" ? <Tiles {...{ job, watched, nameOf }} /> : <Look {...{ job, watched }} />}
    </section>
  );
}

/** Which stage's tiles are shown, where there are several. */
function Stages({ watched: { board, boardAnew, hands, stage } }: { readonly watched: Watched }) {
  boardAnew.value;
  hands.value; // how far they are is told once a second
  const { stages } = board;
  if (stages.length < 2) return null;
  const shown = Math.min(stage.value ?? board.atWork, stages.length - 1);
  return (
    <fieldset class="row" aria-label="Stage">
      {stages.map(({ done, count, grid: { index } }) => (
        <Button
          key={index}
          look="quiet"
          pressed={index === shown}
          onClick={() => {
            stage.value = index;
          }}
        >
          Stage {index}
          <span class="muted number">{Math.floor((done / count) * 100)} %</span>
        </Button>
      ))}
    </fieldset>
  );
}

/** The mosaic, of whichever stage one wants to see. */
function Tiles({ job, watched, nameOf }: PictureProps) {
  const { board, boardAnew, hands, lit, stage } = watched;
  boardAnew.value;
  hands.value;
  const { stages } = board;
  if (stages.length === 0) return null;
  const index = Math.min(stage.value ?? board.atWork, stages.length - 1);
  const isLookable = lookableOf(job, Date.now()).result;
  return (
    <>
      <Mosaic key={index} {...{ id: job.id, board, stage: stages[index]!, isLookable, lit, nameOf }} />
      <Legend hasPixels={index === stages.length - 1} />
    </>
  );
}

type ViewerComponent = ComponentType<{ readonly job: JobView; readonly board: Watched["board"] }>;

/** The viewer is large and not everybody looks: it is loaded when somebody does. */
function Look({ job, watched }: { readonly job: JobView; readonly watched: Watched }) {
  const loaded = useSignal<{ readonly Viewer?: ViewerComponent }>({});
  useEffect(() => {
    void attempt(async () => {
      const { default: Viewer } = await import("./viewer/viewer.tsx");
      loaded.value = { Viewer };
    });
  }, []);
  const { Viewer } = loaded.value;
  return Viewer === undefined ? <div class="compare" /> : <Viewer job={job} board={watched.board} />;
}
