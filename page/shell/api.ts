/** The server that the page came from, by its typed client. What the page does, anyone can do. */
import { createClient } from "../../client/client.ts";

export const api = createClient({ url: location.origin });
