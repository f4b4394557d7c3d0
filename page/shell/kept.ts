/** Where this browser keeps which files it has begun to send: whoever signs out leaves no names of them behind. */
export const UPLOADS_KEPT_AS = "tessera.uploads";
