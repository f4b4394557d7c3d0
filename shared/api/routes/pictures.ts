import { Type } from "@sinclair/typebox";
import { routes, strict } from "../route.ts";

export const PREVIEW_FORMATS = ["jpeg", "webp", "png"] as const;
export type PreviewFormat = (typeof PREVIEW_FORMATS)[number];

const Id = Type.String({ minLength: 1, maxLength: 100, description: "The job's." });

const Of = Type.Unsafe<"source" | "result">(
  Type.Union([Type.Literal("source"), Type.Literal("result")], {
    default: "result",
    description: "Which of the job's pictures.",
  }),
);

export const Format = Type.Unsafe<PreviewFormat>(
  Type.Union(
    PREVIEW_FORMATS.map((format) => Type.Literal(format)),
    {
      default: "jpeg",
      description: "What is transparent, or not there yet, is white in JPEG and transparent in the others.",
    },
  ),
);

export const Size = Type.Integer({
  minimum: 16,
  maximum: 2048,
  description: "Pixels of the square that it fits into.",
});

export const PICTURE_TYPES = PREVIEW_FORMATS.map((format) => `image/${format}`);

const CACHED = {
  etag: Type.String({ description: "Names these bytes." }),
  "cache-control": Type.String({
    description: "`immutable` of a picture that stays as it is; `no-cache` while some of it is missing.",
  }),
};

const PICTURE = {
  200: { about: "The picture.", types: PICTURE_TYPES, headers: CACHED },
  304: { about: "It is the one that you have." },
} as const;

const GROWS =
  "Of a job that still runs it shows what is done, and has to be asked for again; what is missing is empty.";

const ZoomFormat = Type.Optional(
  Type.Unsafe<PreviewFormat>(
    Type.Union(
      PREVIEW_FORMATS.map((format) => Type.Literal(format)),
      {
        description:
          "Of the tiles. Without it jpeg, if nothing is transparent and nothing missing any more, else webp.",
      },
    ),
  ),
);

const ZOOM_TILE = `Level n is half as large as level n + 1; the last one shows every pixel. ${GROWS}

While the job runs, \`cache-control\` says of each tile whether it is whole (\`immutable\`) or may change (\`no-cache\`); the ETag of one that may change follows from its bytes, so asking again costs little where nothing has come. Which ones have changed, the events of \`tiles:{id}\` tell: what the engine has done from x to x + width in the last stage is seen, in the level that is s times smaller than the last, in the columns from ⌊(x / s − 1) / 510⌋ to ⌊((x + width) / s + 1) / 510⌋; rows likewise.

OpenSeadragon shows that without a flicker: \`world.requestTileInvalidateEvent(changed, OpenSeadragon.now(), false)\` for those of its tiles, and in a handler of \`tile-invalidated\`: fetch the address of \`event.tile\` anew, and \`await event.setData(await createImageBitmap(blob), "imageBitmap")\`. A tile that was on its way when something was done is to be counted among the changed ones. What is half transparent its canvas drawer shows right; that of WebGL, as of version 6.1, does not.`;

/** What may be wrong with a picture of a job's. */
const JOB_ERRORS = ["job_not_found", "job_not_done", "job_result_expired", "job_source_gone"] as const;
const LOOK_ERRORS = [...JOB_ERRORS, "queue_full", "image_corrupt"] as const;

export const PICTURES = routes({
  getPreview: {
    ...{ method: "get", path: "/v1/jobs/{id}/preview", tag: "pictures", scope: "read" },
    summary: "See a job's source or result, small",
    description: GROWS,
    params: strict({ id: Id }),
    query: strict({ of: Of, size: Type.Integer({ ...Size, default: 512 }), format: Format }),
    answers: PICTURE,
    errors: LOOK_ERRORS,
  },
  getZoom: {
    ...{ method: "get", path: "/v1/jobs/{id}/zoom/{descriptor}", tag: "pictures", scope: "read" },
    summary: "Describe a job's source or result for a deep zoom viewer",
    description: `A Deep Zoom descriptor, as OpenSeadragon reads it; the tiles lie beside it. ${GROWS}`,
    params: strict({
      id: Id,
      descriptor: Type.Unsafe<"source.dzi" | "result.dzi">(
        Type.Union([Type.Literal("source.dzi"), Type.Literal("result.dzi")]),
      ),
    }),
    query: strict({ format: ZoomFormat }),
    answers: {
      200: { about: "The descriptor.", types: ["application/xml"] },
      304: { about: "It is the one that you have." },
    },
    errors: JOB_ERRORS,
  },
  getZoomTile: {
    ...{ method: "get", path: "/v1/jobs/{id}/zoom/{files}/{level}/{tile}", tag: "pictures", scope: "read" },
    summary: "See a tile of a deep zoom picture",
    description: ZOOM_TILE,
    params: strict({
      id: Id,
      files: Type.Unsafe<"source_files" | "result_files">(
        Type.Union([Type.Literal("source_files"), Type.Literal("result_files")]),
      ),
      level: Type.Integer({ minimum: 0, maximum: 40 }),
      tile: Type.String({
        pattern: "^\\d{1,6}_\\d{1,6}\\.(jpeg|webp|png)$",
        description: "Its column and row, and its format: `3_1.jpeg`.",
        examples: ["0_0.jpeg"],
      }),
    }),
    query: strict({
      format: Type.Optional(
        Type.String({
          maxLength: 10,
          description: "Changes nothing: viewers pass on what the descriptor was asked with.",
        }),
      ),
    }),
    answers: PICTURE,
    errors: [...LOOK_ERRORS, "tile_not_found", "disk_full", "image_too_many_pixels"],
  },
});
