/** What a process has to say to whoever runs it: one line for each thing, in one place. */
import pino from "pino";
import type { Settings } from "./config/table.ts";

type LogSettings = Settings["log"];

/** What a line is about, by the names that the API has for it: `job`, `tile`, `worker`, `request_id` … */
type About = Readonly<Record<string, unknown>>;

/** Until a service says how, and on the command line: what goes wrong, for people. */
let logger = made({ level: "warn", format: "text" });

/** To be called once, by a process that is a service. */
export function setUpLog(settings: LogSettings): void {
  logger = made(settings);
}

export const log = {
  debug: (message: string, about: About = {}): void => logger.debug(about, message),
  info: (message: string, about: About = {}): void => logger.info(about, message),
  warn: (message: string, about: About = {}): void => logger.warn(about, message),
  /** `err` in what it is about is told with its stack. */
  error: (message: string, about: About = {}): void => logger.error(about, message),
};

function made({ level, format }: LogSettings): pino.Logger {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  if (format === "text") return pino({ ...options, base: null }, { write: writeText });
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ ...options, formatters }, pino.destination({ dest: 1, sync: true }));
}

const WARNING = 40;

/** What a line is about stands in its sentence already; of a bug the stack is shown too. */
function writeText(json: string): void {
  const { level, msg, err } = JSON.parse(json) as { level: number; msg: string; err?: { stack?: string } };
  const stack = err?.stack === undefined ? "" : `\n${printable(err.stack, true)}`;
  const line = `${printable(msg)}${stack}`;
  if (level < WARNING) console.log(line);
  else console.error(line);
}

/** What others have written begins no line of its own, and moves no cursor. */
function printable(text: string, lines = false): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const control = lines ? /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g : /[\u0000-\u001f\u007f-\u009f]/g;
  return text.replace(control, " ");
}
