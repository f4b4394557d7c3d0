interface Zipped {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;

/** The files of a small zip archive whose files are stored, by its own list of them. Source: APPNOTE.TXT 4.3. */
export function unzip(bytes: Uint8Array): Zipped[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (view.getUint32(end, true) !== END) end--;
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: view.getUint16(end + 10, true) }, () => {
    if (view.getUint32(at, true) !== CENTRAL) throw new Error("not a central header");
    if (view.getUint16(at + 10, true) !== 0) throw new Error("not stored");
    const [size, nameLength] = [view.getUint32(at + 24, true), view.getUint16(at + 28, true)];
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const file = bytes.subarray(from, from + size);
    if (Bun.hash.crc32(file) !== view.getUint32(at + 16, true)) throw new Error("another checksum");
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    return { name, bytes: file };
  });
}
