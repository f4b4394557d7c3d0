/** A job's source or result as OpenSeadragon reads it, by the deep zoom routes of the API. */
import OpenSeadragon from "openseadragon";
import { api } from "../../shell/api.ts";

export type Which = "source" | "result";

interface Description {
  readonly width: number;
  readonly height: number;
  readonly tileSize: number;
  readonly tileOverlap: number;
}

/** @throws job_not_done, job_result_expired, job_source_gone */
export async function describe(id: string, of: Which, signal: AbortSignal): Promise<Description> {
  const answer = await api.getZoom({ id, descriptor: `${of}.dzi`, format: "webp" }, { signal });
  const image = new DOMParser().parseFromString(await answer.text(), "application/xml").documentElement;
  const size = image.querySelector("Size")!;
  const number = (element: Element, name: string) => Number(element.getAttribute(name));
  return {
    ...{ width: number(size, "Width"), height: number(size, "Height") },
    ...{ tileSize: number(image, "TileSize"), tileOverlap: number(image, "Overlap") },
  };
}

interface Look {
  /** The job's. */
  readonly id: string;
  readonly of: Which;
  /**
   * Names a look at a picture that still grows: with another one its tiles are asked for again. Those that are whole by
   * then come from the browser's own cache, since the server says that they stay as they are.
   */
  readonly version: number;
  readonly onFault: (thrown: unknown) => void;
}

export class ZoomPicture extends OpenSeadragon.TileSource {
  constructor(
    private readonly look: Look,
    description: Description,
  ) {
    super({ ...description });
  }

  /** Only OpenSeadragon's own name for it. */
  override getTileUrl(level: number, x: number, y: number): string {
    const { of, version } = this.look;
    return `${of}/${level}/${x}_${y}/${version}`;
  }

  /** What is missing or transparent shows what lies below. */
  override hasTransparency(): boolean {
    return true;
  }

  override downloadTileStart(context: OpenSeadragon.ImageJob): void {
    const asking = new AbortController();
    context.userData = { asking };
    const { level, x, y } = context.tile;
    const { id, of, onFault } = this.look;
    api
      .getZoomTile({ id, files: `${of}_files`, level, tile: `${x}_${y}.webp` }, asking)
      .then(async (answer) => context.finish(await answer.blob(), null, "rasterBlob"))
      .catch((thrown) => {
        context.fail(String(thrown), null);
        if (!asking.signal.aborted) onFault(thrown);
      });
  }

  override downloadTileAbort({ userData }: OpenSeadragon.ImageJob): void {
    (userData as { readonly asking: AbortController }).asking.abort();
  }
}
