/** The states of a job that has not ended, in order, and of one that has. */
export const ACTIVE_STATES = ["queued", "ingesting", "running", "exporting"] as const;
export const ENDED_STATES = ["done", "failed", "cancelled"] as const;
/** As jobs are shown: `paused` stands for whichever active state the job was interrupted in. */
export const SHOWN_STATES = [...ACTIVE_STATES, "paused", ...ENDED_STATES] as const;

/** Of a tile, in the order of their numbers. */
export const TILE_STATES = ["waiting", "in_flight", "done", "failed"] as const;
export type TileState = (typeof TILE_STATES)[number];
