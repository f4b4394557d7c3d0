/** Source and result in one viewport of OpenSeadragon, the one left and the other right of a line. */
import OpenSeadragon from "openseadragon";
import { describe, type Which, ZoomPicture } from "./zoom_picture.ts";

/** Pixels of the screen for one of the picture, at most: then each can be counted. */
const ZOOM_MAX = 16;
/** From here on pixels are shown as squares. */
const SQUARES_FROM = 3;
/** Tiles in memory, a megabyte each. */
const TILES_KEPT = 150;
/** Requests at a time: whoever looks on does not take the server from its work. */
const REQUESTS = 3;

const nothing = () => {};
/** It would tell of each tile that did not come; whoever looks is told by us. */
Object.assign(OpenSeadragon, {
  console: { log: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, assert: nothing },
});

/**
 * OpenSeadragon writes a style sheet into the page, which our policy does not allow, unless it finds that it has done so
 * already. Something of that name that is no style sheet is enough.
 */
function withholdStyles(): void {
  const name = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${name}]`) !== null) return;
  const decoy = document.createElementNS("urn:tessera:nothing", "style");
  decoy.setAttribute(name, "");
  document.head.append(decoy);
}

type Description = Awaited<ReturnType<typeof describe>>;

interface StageNeeds {
  readonly id: string;
  readonly element: HTMLElement;
  /** What lies below each picture, to be seen where that is transparent. */
  readonly grounds: Readonly<Record<Which, HTMLElement>>;
  readonly label: string;
  readonly isStill: boolean;
  /** Pixels of the screen for one of the picture. */
  readonly onZoom: (zoom: number) => void;
  /** Whether there is nothing of a picture to be seen yet. */
  readonly onWait: (isWaiting: boolean) => void;
  /** A part of a picture could not be had. */
  readonly onFault: (thrown: unknown) => void;
}

/** The layers of one picture: the latest look at it, above the one before until that is all there. */
interface Picture {
  readonly description: Description;
  readonly layers: OpenSeadragon.TiledImage[];
  version: number;
  /** Whether all of a look at it has been there. */
  isShown: boolean;
  /** Whether there is more to be seen than the look that is being loaded shows. */
  isWanted: boolean;
}

export class ViewerStage {
  private readonly viewer: OpenSeadragon.Viewer;
  private readonly pictures = new Map<Which, Picture>();
  private readonly ending = new AbortController();
  /** Where the line is, as a share of the width. */
  private share = 0.5;

  constructor(private readonly needs: StageNeeds) {
    withholdStyles();
    this.viewer = new OpenSeadragon.Viewer({
      element: needs.element,
      // The one that needs no graphics card and shows what is transparent as it is.
      drawer: "canvas",
      showNavigationControl: false,
      showSequenceControl: false,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      animationTime: needs.isStill ? 0 : 0.5,
      maxZoomPixelRatio: ZOOM_MAX,
      minZoomImageRatio: 0.8,
      visibilityRatio: 0.4,
      imageLoaderLimit: REQUESTS,
      maxImageCacheCount: TILES_KEPT,
      smoothTileEdgesMinZoom: Number.POSITIVE_INFINITY,
    });
    const { viewer } = this;
    viewer.canvas.setAttribute("role", "application");
    viewer.canvas.setAttribute("aria-label", needs.label);
    for (const event of ["viewport-change", "resize", "open"] as const)
      viewer.addHandler(event, () => this.place());
    viewer.addHandler("canvas-key", (event) => {
      const { key } = event.originalEvent as KeyboardEvent;
      // Letters are the page's; and nobody means to mirror or turn the picture.
      event.preventDefaultAction = /^[a-z]$/i.test(key);
    });
  }

  /** @throws job_not_done, job_result_expired, job_source_gone */
  async open(of: Which): Promise<void> {
    const description = await describe(this.needs.id, of, this.ending.signal);
    if (this.ending.signal.aborted) return;
    this.pictures.set(of, { description, layers: [], version: 0, isShown: false, isWanted: false });
    this.tellWaiting();
    await this.refresh(of);
    if (this.ending.signal.aborted) return;
    if (this.viewer.world.getItemCount() === 1) this.whole(true);
    this.place();
  }

  /** Looks again at a picture that grows. What was seen stays until the new look is all there. */
  refresh(of: Which): Promise<void> {
    const picture = this.pictures.get(of);
    if (picture === undefined) return Promise.resolve();
    picture.isWanted = picture.layers.length > 1;
    // One look after the other, however slow the server is.
    if (picture.isWanted) return Promise.resolve();
    const { id, onFault } = this.needs;
    const tileSource = new ZoomPicture({ id, of, version: ++picture.version, onFault }, picture.description);
    return new Promise((resolve) => {
      this.viewer.addTiledImage({
        tileSource,
        fitBounds: this.bounds,
        // The source lies above the result, and of each the latest look above the one before.
        index: of === "source" ? this.viewer.world.getItemCount() : this.resultLayers,
        success: (event) => {
          const layer = (event as unknown as { item: OpenSeadragon.TiledImage }).item;
          picture.layers.push(layer);
          layer.addHandler("fully-loaded-change", ({ fullyLoaded }) => {
            if (fullyLoaded) this.settle(of, layer);
          });
          this.place();
          resolve();
        },
      });
    });
  }

  /** A look is all there: those before it are not needed any more. */
  private settle(of: Which, layer: OpenSeadragon.TiledImage): void {
    const picture = this.pictures.get(of)!;
    picture.isShown = true;
    this.tellWaiting();
    const older = picture.layers.splice(0, picture.layers.indexOf(layer));
    for (const old of older) this.viewer.world.removeItem(old);
    if (picture.isWanted) void this.refresh(of);
  }

  private tellWaiting(): void {
    this.needs.onWait([...this.pictures.values()].some(({ isShown }) => !isShown));
  }

  divide(share: number): void {
    this.share = share;
    this.place();
  }

  zoomBy(factor: number): void {
    this.viewer.viewport.zoomBy(factor);
    this.viewer.viewport.applyConstraints();
  }

  /** All of it. */
  whole(atOnce = false): void {
    this.viewer.viewport.fitBounds(this.bounds, atOnce);
  }

  /** One pixel of the screen for each of the result. */
  real(): void {
    const layer = this.front;
    if (layer === undefined) return;
    this.viewer.viewport.zoomTo(layer.imageToViewportZoom(1 / devicePixelRatio));
    this.viewer.viewport.applyConstraints();
  }

  end(): void {
    this.ending.abort();
    this.viewer.destroy();
  }

  private get resultLayers(): number {
    return this.pictures.get("result")?.layers.length ?? 0;
  }

  private get front(): OpenSeadragon.TiledImage | undefined {
    return (this.pictures.get("result") ?? this.pictures.get("source"))?.layers.at(-1);
  }

  /** Of the result, or of the source where there is none. Whatever the other's shape is, it is fitted in. */
  private get bounds(): OpenSeadragon.Rect {
    const shown = this.pictures.get("result") ?? this.pictures.get("source");
    const { width, height } = shown?.description ?? { width: 1, height: 1 };
    return new OpenSeadragon.Rect(0, 0, 1, height / width);
  }

  /** Has everything where it belongs after the view, or the line, has moved. */
  private place(): void {
    const { viewport } = this.viewer;
    const { front } = this;
    if (front === undefined) return;
    this.clip();
    this.ground();
    const zoom = front.viewportToImageZoom(viewport.getZoom(true)) * devicePixelRatio;
    this.viewer.drawer.setImageSmoothingEnabled(zoom < SQUARES_FROM);
    this.needs.onZoom(zoom);
  }

  private get isDivided(): boolean {
    return this.pictures.size === 2;
  }

  private ground(): void {
    const line = this.share * this.needs.element.clientWidth;
    for (const [of, { layers }] of this.pictures) {
      const [layer] = layers;
      if (layer === undefined) continue;
      const rect = this.viewer.viewport.viewportToViewerElementRectangle(layer.getBoundsNoRotate(true));
      const at = Math.min(rect.width, Math.max(0, line - rect.x));
      const [left, right] = of === "source" ? [0, rect.width - at] : [at, 0];
      Object.assign(this.needs.grounds[of].style, {
        ...{ left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px` },
        clipPath: this.isDivided ? `inset(0 ${right}px 0 ${left}px)` : "none",
      });
    }
  }

  private clip(): void {
    const { isDivided } = this;
    const line = this.viewer.viewport.pointFromPixel(
      new OpenSeadragon.Point(this.share * this.needs.element.clientWidth, 0),
      true,
    );
    for (const [of, { layers, description }] of this.pictures)
      for (const layer of layers) {
        const { width, height } = description;
        const at = Math.min(width, Math.max(0, layer.viewportToImageCoordinates(line, true).x));
        const [from, to] = of === "source" ? [0, at] : [at, width];
        layer.setClip(isDivided ? new OpenSeadragon.Rect(from, 0, to - from, height) : null);
        layer.setOpacity(isDivided && to <= from ? 0 : 1);
      }
  }
}
