import { render } from "preact";
import { attempt } from "./notices.tsx";
import { startRouter } from "./router.ts";
import { begin } from "./session.ts";
import { Shell } from "./shell.tsx";
import { startShortcuts } from "./shortcuts.tsx";
import { startTheme } from "./theme.ts";
import { load } from "./views.tsx";

startTheme();
startShortcuts();
await Promise.all([startRouter(load), attempt(begin)]);
const root = document.getElementById("page")!;
root.replaceChildren();
render(<Shell />, root);
