import { readFileSync } from "node:fs";
import type { KernelExports } from "./exports.ts";

const PAGE = 65536;

/**
 * One instance of the WebAssembly kernels with its memory. A chain of ops works in this memory from its first pixel
 * to its last. Not for more than one chain at a time; each thread has its own.
 */
export class Kernels {
  /** The functions; pointers are byte offsets into `bytes`. */
  readonly call: KernelExports;
  private readonly memory: WebAssembly.Memory;
  private readonly base: number;
  private top: number;
  private view: Uint8Array<ArrayBuffer>;

  constructor(module: WebAssembly.Module) {
    const instance = new WebAssembly.Instance(module, { env: { abort } });
    this.call = instance.exports as unknown as KernelExports;
    this.memory = this.call.memory;
    this.base = align(Number(this.call.heapBase.value));
    this.top = this.base;
    this.view = new Uint8Array(this.memory.buffer);
  }

  /** The memory as it is now; `alloc` may replace it, so never keep it across one. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.view;
  }

  /** Reserves `size` bytes (16-byte aligned, with 64 bytes to spare for vector loads and stores past the end). */
  alloc(size: number): number {
    const at = this.top;
    this.top = align(at + size + 64);
    const missing = this.top - this.view.byteLength;
    if (missing > 0) {
      this.memory.grow(Math.ceil(missing / PAGE));
      this.view = new Uint8Array(this.memory.buffer);
    }
    return at;
  }

  /** A place to come back to by `release`. */
  mark(): number {
    return this.top;
  }

  /** Gives back everything that was allocated since `mark`. */
  release(mark: number): void {
    this.top = mark;
  }

  /** Gives back everything. */
  reset(): void {
    this.top = this.base;
  }
}

const align = (offset: number): number => (offset + 15) & ~15;

function abort(_message: number, _file: number, line: number, column: number): never {
  throw new Error(`kernel aborted at ${line}:${column}`);
}

let compiled: WebAssembly.Module | undefined;

/** A new instance; the module is compiled once a thread. */
export function loadKernels(): Kernels {
  compiled ??= compile();
  return new Kernels(compiled);
}

/** An instance of a module compiled for it alone. */
export const freshKernels = (): Kernels => new Kernels(compile());

const compile = (): WebAssembly.Module =>
  new WebAssembly.Module(readFileSync(new URL("./kernels.wasm", import.meta.url)));
