// A walk through the page by Tab alone. begin() remembers what there is to
// reach and watches; the keys are pressed from outside; found() judges.
globalThis.assayWalk = (() => {
  const look = (e) => {
    const style = getComputedStyle(e);
    const outline = style.outlineStyle === "none" || parseFloat(style.outlineWidth) === 0 ? "none" : `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`;
    return { outline, shadow: style.boxShadow };
  };
  const clear = (colour) => /^rgba\(.*, 0\)$/.test(colour) || colour === "transparent";

  // reachable lists what Tab must reach, in the order of the document.
  const reachable = () => {
    const selector = "a[href], area[href], button, input, select, textarea, summary, iframe, audio[controls], video[controls], [tabindex], [contenteditable=true]";
    return [...document.querySelectorAll(selector)].filter((e) => {
      if (e.disabled || e.type === "hidden" || !assay.shown(e)) return false;
      if (e.tabIndex < 0 && !e.matches("a, button, input, select, textarea")) return false; // focused by links and scripts alone
      if (e.localName === "summary" && e.parentElement?.querySelector(":scope > summary") !== e) return false;
      if (e.type !== "radio") return true;
      const group = [...document.querySelectorAll("input[type=radio]")].filter((r) => r.name === e.name && r.form === e.form);
      return e === (group.find((r) => r.checked) ?? group[0]); // one stop for a group
    });
  };

  const walk = { due: [], before: new Map(), stops: [] };

  walk.begin = () => {
    walk.due = reachable();
    for (const e of walk.due) walk.before.set(e, look(e));
    addEventListener("keyup", (event) => {
      if (event.key !== "Tab") return;
      const e = document.activeElement;
      walk.stops.push(e && e !== document.body && e !== document.documentElement
        ? { element: e, look: look(e), box: e.getBoundingClientRect() } : null);
    }, true);
    return walk.due.length;
  };

  // done tells whether the focus has left the document or begun anew.
  walk.done = () => walk.stops.some((s, i) => i > 0 && (s === null || s.element === walk.stops[0]?.element));

  walk.found = () => {
    const found = [];
    const end = walk.stops.findIndex((s, i) => i > 0 && (s === null || s.element === walk.stops[0]?.element));
    const round = (end < 0 ? walk.stops : walk.stops.slice(0, end)).filter((s) => s !== null);
    if (end < 0) found.push(`after ${walk.stops.length} times Tab the focus has neither left the page nor come back to its beginning: it is caught at ${assay.name(round.at(-1)?.element)}`);
    const reached = new Set(round.map((s) => s.element));
    for (const e of walk.due) {
      if (!reached.has(e)) found.push(`Tab never reaches ${assay.name(e)}`);
      if (e.tabIndex > 0) found.push(`${assay.name(e)} pushes itself to the front with tabindex ${e.tabIndex}`);
    }
    for (let i = 0; i < round.length; i++) {
      const { element, look: now, box } = round[i];
      const before = walk.before.get(element) ?? { outline: "none", shadow: "none" };
      const outlined = now.outline !== "none" && now.outline !== before.outline && !clear(now.outline.replace(/^\S+ \S+ /, ""));
      if (!outlined && (now.shadow === "none" || now.shadow === before.shadow)) found.push(`the focus on ${assay.name(element)} cannot be seen`);
      if (box.width < 1 || box.height < 1 || box.bottom < 0 || box.right < 0 || box.top > innerHeight || box.left > innerWidth) {
        found.push(`${assay.name(element)} is outside the window when it has the focus`);
      }
      if (i > 0 && !(round[i - 1].element.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) {
        found.push(`${assay.name(element)} comes after ${assay.name(round[i - 1].element)} by Tab, and before it in the document`);
      }
    }
    const first = round[0]?.element;
    if (!first?.matches("a[href^='#']") || !document.getElementById(first.hash.slice(1))?.matches("main")) {
      found.push(`the first stop is ${assay.name(first)}, and not a link that skips to the content`);
    }
    return found;
  };

  // skip puts the focus on the link that skips, for Enter to be pressed.
  walk.skip = () => document.querySelector("a[href^='#']")?.focus();

  // skipped judges after Enter: the content begins in the window, and it has
  // the focus, so that the next Tab goes on in it.
  walk.skipped = () => {
    const main = document.querySelector("main");
    const found = [];
    if (document.activeElement !== main) found.push(`after the link that skips to the content the focus is on ${assay.name(document.activeElement)}`);
    const top = main?.getBoundingClientRect().top ?? -1;
    if (top < -1 || top > innerHeight) found.push(`after the link that skips to the content the content begins ${Math.round(top)} pixels from the top of the window`);
    return found;
  };
  return walk;
})();
