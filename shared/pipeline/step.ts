/** One step of a pipeline as it is written: the op's name and its parameters. */
export interface Step {
  readonly op: string;
  readonly [param: string]: unknown;
}
