/**
 * What a caller may be allowed to do. `submit`: send images and pipelines. `read`: see jobs and results. `operate`:
 * cancel, pause, retry, delete, replay. `admin`: all of it, of everyone, the workers and the keys.
 */
export const SCOPES = ["submit", "read", "operate", "admin"] as const;
export type Scope = (typeof SCOPES)[number];
