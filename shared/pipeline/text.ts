import { TesseraError } from "../errors.ts";
import type { Step } from "./step.ts";

/**
 * The short text form of a pipeline: steps joined by `|`, each a name with parameters in brackets if it has any.
 *
 *     blur(sigma=2) | sharpen | rotate(angle=90) | convolve(kernel=[0,-1,0,-1,5,-1,0,-1,0])
 *
 * Values are numbers, true, false, bare words, quoted strings, and lists of these in square brackets.
 */
export function parseText(text: string): Step[] {
  const reader = new Reader(text);
  const steps: Step[] = [];
  reader.space();
  if (reader.done()) return steps;
  for (;;) {
    steps.push(readStep(reader));
    if (reader.done()) return steps;
    reader.expect("|", "'|' or the end");
  }
}

/** The text form of steps; `parseText` gives them back. */
export function formatText(steps: readonly Step[]): string {
  return steps
    .map(({ op, ...params }) => {
      const list = Object.entries(params).map(([name, value]) => `${name}=${formatValue(value)}`);
      return list.length === 0 ? op : `${op}(${list.join(", ")})`;
    })
    .join(" | ");
}

function formatValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(",")}]`;
  if (typeof value !== "string") return String(value);
  const bare = /^[A-Za-z_#][\w#-]*$/.test(value) && value !== "true" && value !== "false";
  return bare ? value : JSON.stringify(value);
}

function readStep(reader: Reader): Step {
  const op = reader.word("the name of an operation");
  const step: { op: string; [param: string]: unknown } = { op };
  if (!reader.take("(")) return step;
  if (reader.take(")")) return step;
  do {
    const at = reader.at;
    const name = reader.word("the name of a parameter");
    if (Object.hasOwn(step, name)) throw reader.error(`'${name}' stands twice`, at);
    reader.expect("=", "'='");
    Object.defineProperty(step, name, { value: readValue(reader, 0), enumerable: true });
  } while (reader.take(","));
  reader.expect(")", "',' or ')'");
  return step;
}

function readValue(reader: Reader, depth: number): unknown {
  if (depth > 4) throw reader.error("lists are nested too deeply");
  if (reader.take("[")) {
    const list: unknown[] = [];
    if (reader.take("]")) return list;
    do list.push(readValue(reader, depth + 1));
    while (reader.take(","));
    reader.expect("]", "',' or ']'");
    return list;
  }
  // Digits can be shared out in one way only: with `\d+\.?\d*` 60,000 of them took half a minute to be refused.
  const number = reader.match(/[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y);
  if (number !== undefined) return Number(number);
  const quoted = reader.match(/"(?:[^"\\\n]|\\.)*"/y);
  if (quoted !== undefined) {
    try {
      return JSON.parse(quoted);
    } catch {
      throw reader.error("a string is not written as in JSON");
    }
  }
  const word = reader.match(/[A-Za-z_#][\w#-]*/y);
  if (word === undefined) throw reader.error("expected a value");
  return word === "true" ? true : word === "false" ? false : word;
}

class Reader {
  at = 0;

  constructor(private readonly text: string) {}

  done(): boolean {
    return this.at >= this.text.length;
  }

  space(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at++;
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return undefined;
    this.at += found.length;
    this.space();
    return found;
  }

  take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    this.space();
    return true;
  }

  expect(token: string, wanted: string): void {
    if (!this.take(token)) throw this.error(`expected ${wanted}`);
  }

  word(wanted: string): string {
    const found = this.match(/[A-Za-z_]\w*/y);
    if (found === undefined) throw this.error(`expected ${wanted}`);
    return found;
  }

  error(what: string, at = this.at): TesseraError {
    const rest = this.text.slice(at, at + 20);
    const found = rest === "" ? "at the end" : `at character ${at + 1}, before ${JSON.stringify(rest)}`;
    return new TesseraError("pipeline_syntax", `${what[0]!.toUpperCase()}${what.slice(1)} ${found}.`);
  }
}
