import { readFileSync } from "node:fs";
import type { JobView } from "../../master/jobs/job.ts";
import type { WorkerView } from "../../master/workers/roster.ts";

export interface Asked {
  readonly pipeline: string;
  readonly format?: string;
  readonly tileSize?: number;
}

/** A master as its users reach it. */
export class MasterClient {
  /** @param url without a slash at its end */
  constructor(readonly url: string) {}

  /** Sends an image file. @returns the job's id */
  async submit(path: string, { pipeline, format = "png", tileSize = 64 }: Asked): Promise<string> {
    const query = new URLSearchParams({ pipeline, format, tile_size: String(tileSize) });
    const options = {
      method: "POST",
      body: new Uint8Array(readFileSync(path)),
      headers: { "content-type": "image/png" },
    };
    const { id } = await this.json<JobView>(`/v1/jobs?${query}`, options);
    return id;
  }

  job(id: string): Promise<JobView> {
    return this.json(`/v1/jobs/${id}`);
  }

  async workers(): Promise<readonly WorkerView[]> {
    return (await this.json<{ workers: WorkerView[] }>("/v1/workers")).workers;
  }

  async result(id: string): Promise<Buffer> {
    return Buffer.from(await (await this.ask(`/v1/jobs/${id}/result`)).arrayBuffer());
  }

  private async json<T>(path: string, options?: RequestInit): Promise<T> {
    return (await (await this.ask(path, options)).json()) as T;
  }

  private async ask(path: string, options?: RequestInit): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, options);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
