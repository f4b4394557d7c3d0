/** How much of the turns a job gets: see `Priority`. */
export const PRIORITY = { default: 5, minimum: 0, maximum: 9 } as const;
