export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dbe0, #353a44); --dim: light-dark(#5a6270, #9aa3b2);
  --box: light-dark(#f6f7f9, #1c1f25); --link: light-dark(#0b57d0, #8ab4f8); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#fff, #14161a);
  color: light-dark(#1b1e24, #e4e7ec); display: grid; grid-template-columns: 16rem minmax(0, 60rem); gap: 2rem; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line);
  font-size: 0.9rem; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
main { padding: 1.5rem 1rem 6rem; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
h2 { margin: 2.5rem 0 0.25rem; text-transform: capitalize; }
h3 { margin: 1.25rem 0 0.25rem; font-size: 0.95rem; }
code, pre { font: 0.88em/1.5 ui-monospace, monospace; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
details { border: 1px solid var(--line); border-radius: 8px; margin: 0.5rem 0; }
summary { cursor: pointer; padding: 0.6rem 0.9rem; overflow-wrap: anywhere; }
summary span { color: var(--dim); }
details > div { padding: 0 0.9rem 0.9rem; scroll-margin-top: 4rem; }
.method { display: inline-block; min-width: 4.2rem; color: inherit; font: 700 0.8em ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
td, th { border-top: 1px solid var(--line); padding: 0.4rem 0.6rem 0.4rem 0; text-align: left; vertical-align: top; }
td p, td ul { margin: 0; }
dl { margin: 0.25rem 0; }
dt span, em { color: var(--dim); font-size: 0.88em; }
dd { margin: 0 0 0.5rem 1.25rem; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } }
`;
