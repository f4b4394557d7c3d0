import type { ErrorCode } from "../../shared/errors.ts";

/** The code of the error that some work ends with. */
export const codeOf = (work: Promise<unknown>): Promise<ErrorCode | "no error"> =>
  work.then(
    () => "no error" as const,
    (thrown) => thrown.code,
  );
