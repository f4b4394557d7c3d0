import { type Static, Type } from "@sinclair/typebox";
import { TILE_STATES, type TileState } from "./states.ts";

const bytes = (what: string) =>
  Type.String({ contentEncoding: "base64", description: `One for each tile, in rows from the top: ${what}` });

const GRID = {
  index: Type.Integer(),
  columns: Type.Integer(),
  rows: Type.Integer(),
  tile_width: Type.Integer({ description: "Of every tile but those at the right edge." }),
  tile_height: Type.Integer({ description: "Of every tile but those at the bottom edge." }),
  width: Type.Integer({ description: "Of what the stage makes." }),
  height: Type.Integer(),
};

/** Where the tiles of a stage lie. */
export const StageGridSchema = Type.Object(GRID);
export type StageGrid = Static<typeof StageGridSchema>;

/** How one tile stands. */
export const TileSchema = Type.Object({
  stage: Type.Integer(),
  tile: Type.Integer({ description: "Counted in rows from the top." }),
  state: Type.Unsafe<TileState>(Type.Union(TILE_STATES.map((state) => Type.Literal(state)))),
  attempt: Type.Integer({ description: "Which attempt it is or was at." }),
  worker: Type.Optional(Type.String({ description: "Who has or had it." })),
  ms: Type.Integer({ description: "That it took, once it is done, at most 65535." }),
});
export type TileView = Static<typeof TileSchema>;

const StageTiles = Type.Object({
  ...GRID,
  done: Type.Integer({ description: "How many of its tiles are done." }),
  states: bytes(
    `a byte; ${TILE_STATES.map((state, i) => `${i} ${state}`).join(", ")}. A failed one is tried again while the job runs.`,
  ),
  attempts: bytes("a byte; which attempt it is or was at, 0 before the first."),
  workers: bytes(
    "two bytes, the lower one first; who has or had it, as a place in `workers` counted from 1, or 0 for nobody.",
  ),
  ms: bytes("two bytes, the lower one first; milliseconds that it took, once it is done, at most 65535."),
});

/** Every tile of a job, compact enough for a hundred thousand of them. */
export const TileMapSchema = Type.Object(
  {
    workers: Type.Array(Type.String(), { description: "Ids of those who have or had tiles." }),
    stages: Type.Array(StageTiles),
  },
  { $id: "TileMap" },
);

export type TileMapView = Static<typeof TileMapSchema>;
