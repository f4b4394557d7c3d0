/**
 * Holds answers to the document that the service gives out (`/openapi.json`), by a validator that is not ours, and notes
 * which of them were seen: `test/run.ts` tells what the document promises and no test has provoked.
 */
import { appendFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { EdgeOptions } from "../../master/http/edge.ts";
import { openApiDocument } from "../../shared/api/openapi/document.ts";
import { type Operation, ROUTES } from "../../shared/api/routes.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { ANSWERS_FILE } from "./coverage.ts";

const DOCUMENT = "https://tessera.invalid/openapi.json";
const document = openApiDocument();
const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
ajv.addSchema(document, DOCUMENT);

/** For `EdgeOptions`. A fault fails the test in which it happens, whatever that makes of the answer. */
export const checkAnswer: NonNullable<EdgeOptions["checkAnswer"]> = async (operation, answer) => {
  try {
    const code = await codeOf(operation, answer);
    if (ANSWERS_FILE !== undefined)
      appendFileSync(ANSWERS_FILE, `${operation} ${answer.status} ${code ?? ""}\n`);
  } catch (fault) {
    void Promise.reject(fault);
    throw fault;
  }
};

/** The code of a problem. @throws Error if the document does not have such an answer */
async function codeOf(operation: Operation, answer: Response): Promise<ErrorCode | undefined> {
  const { method, path } = ROUTES[operation];
  const { status } = answer;
  const wrong = (what: string) => new Error(`${operation} answers ${status}, ${what}`);
  const said = document.paths[path]![method]!.responses[status];
  if (said === undefined) throw wrong(`which its routes do not have: ${await answer.clone().text()}`);
  const type = answer.headers.get("content-type")?.split(";")[0];
  if (type === undefined) {
    if (said.content === undefined || answer.body === null) return undefined;
    throw wrong("without a content type");
  }
  const known = Object.keys(said.content ?? {}).find(
    (one) => one === type || one.replace("*", "") === type.replace(/[^/]*$/, ""),
  );
  if (known === undefined) throw wrong(`of the type ${type}`);
  if (!/json$/.test(known)) return undefined;
  const pointer = ["paths", path, method, "responses", `${status}`, "content", known, "schema"];
  const validate = ajv.getSchema(`${DOCUMENT}#/${pointer.map(escaped).join("/")}`)!;
  const body = (await answer.clone().json()) as { code?: ErrorCode };
  if (!validate(body))
    throw wrong(
      `which is not as its schema has it: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`,
    );
  return type === "application/problem+json" ? body.code : undefined;
}

/** A part of a JSON pointer in an address. Source: RFC 6901 section 6. */
const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
