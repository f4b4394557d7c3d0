/** The protocol that is spoken on a WebSocket; it is named only where a key stands beside it. */
export const SOCKET_PROTOCOL = "tessera";
/** Before a key or a token among the protocols: browsers let a WebSocket send no headers of its own. */
export const KEY_PROTOCOL = "tessera.key.";

/** Why a connection that watches was closed, as WebSockets say it. */
export const CLOSE = {
  /** The server stops. Come back. */
  goingAway: 1001,
  /** What was sent breaks the rules: too many messages. */
  policy: 1008,
  /** The reader has not read for long. */
  tooSlow: 4008,
  /** The credentials are not valid any more. */
  unauthorized: 4401,
} as const;
