/** 128 random bits as text. Unlike `crypto.randomUUID`, browsers give these also to pages that did not come over TLS. */
export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
