/** What keeps something from being seen, told where it belongs. */
import { TesseraError } from "../../../shared/errors.ts";
import { wordsOf } from "../../shell/notices.tsx";

export interface Fault {
  readonly text: string;
  readonly detail?: string;
  /** Which of the active steps is at fault, counted from 1. */
  readonly step?: number;
  /** The op that is, where it is not known which step. */
  readonly op?: string;
}

/** Sentences about a pipeline begin so: "Step 2, blur, sigma: it is 0, expected a number from 0.1 to 100 (px)." */
const OF_STEP = /^Step (\d+)(?:, \w+)?(?:, (\w+))?: (.*)$/s;

/** And of what a step would make: "After resize it would be 1000000 × 872000; …". */
const AFTER_OP = /^After (\w+) it would/;

export function faultOf(thrown: unknown): Fault {
  const words = wordsOf(thrown);
  const found = thrown instanceof TesseraError ? OF_STEP.exec(words.detail ?? "") : null;
  if (found === null) {
    const op = AFTER_OP.exec(words.detail ?? "")?.[1];
    return { ...words, ...(op !== undefined && { op }) };
  }
  const [, step, parameter, what] = found;
  const sentence = parameter === undefined ? what! : `${parameter}: ${what}`;
  return { text: sentence.charAt(0).toUpperCase() + sentence.slice(1), step: Number(step) };
}
