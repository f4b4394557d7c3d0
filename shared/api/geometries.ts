/**
 * What an op can do to where things lie in a picture. `in_place`: nothing, they stay; `moves`: they lie elsewhere in a
 * picture of the same size; `resizes`: the picture has another size.
 */
export const GEOMETRIES = ["in_place", "moves", "resizes"] as const;
export type Geometry = (typeof GEOMETRIES)[number];
