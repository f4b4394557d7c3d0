import type { PICTURES } from "../../../shared/api/routes/pictures.ts";
import { ownJob } from "../../access/own.ts";
import type { Master } from "../../master.ts";
import { descriptor } from "../../preview/deep_zoom.ts";
import { fixed } from "../etag.ts";
import { pictureAnswer } from "../pictures.ts";
import type { Handlers } from "../route_call.ts";

const whichOf = (name: string) => (name.startsWith("source") ? "source" : "result");

export const pictureHandlers = (master: Master): Handlers<typeof PICTURES> => ({
  getPreview: ({ params, query, caller, request, noTimeout }) => {
    const { id } = ownJob(master, caller, params.id);
    const { of, size, format } = query;
    master.pictures.zoomOf(id, of); // whoever has a copy is not told that it is good when the original is gone
    noTimeout();
    return pictureAnswer(request, `${id} ${of} ${size} ${format}`, () =>
      master.pictures.preview(id, of, { size, format }),
    );
  },
  getZoom: ({ params, query, caller, request }) => {
    const { id } = ownJob(master, caller, params.id);
    const which = whichOf(params.descriptor);
    const picture = master.pictures.zoomOf(id, which);
    const isOpaque = !picture.hasAlpha && master.pictures.isWhole(id, which);
    const format = query.format ?? (isOpaque ? "jpeg" : "webp");
    return fixed(descriptor(picture, format), { "content-type": "application/xml" })(request);
  },
  getZoomTile: ({ params, caller, request, noTimeout }) => {
    const { id } = ownJob(master, caller, params.id);
    const [place = "", format] = params.tile.split(".") as [string, "jpeg" | "webp" | "png"];
    const [column = 0, row = 0] = place.split("_").map(Number);
    const { level, files } = params;
    master.pictures.zoomOf(id, whichOf(files));
    noTimeout();
    return pictureAnswer(request, `${id} ${files} ${level}/${column}_${row} ${format}`, () =>
      master.pictures.tile(id, whichOf(files), { level, column, row }, format),
    );
  },
});
