// Does everything fit? The page may not scroll sideways, and no text may be
// cut off without a way to see the rest. What lets long names break must not
// break short words.
((width) => {
  const found = [];
  const page = document.scrollingElement;
  if (innerWidth !== width) found.push(`the window is ${innerWidth} pixels wide, not ${width}`);
  const wide = []; // the outermost that stick out
  const overfull = []; // the innermost whose content sticks out of them
  for (const e of document.body.querySelectorAll("*")) {
    if (!assay.shown(e)) continue;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    if (box.right > width + 0.5 && !wide.some((w) => w.contains(e))) wide.push(e);
    if (style.overflowX === "visible" && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && box.left + e.scrollWidth > width) {
      overfull.splice(0, overfull.length, ...overfull.filter((o) => !o.contains(e)), e);
    }
    if (assay.spokenOnly(e)) continue;
    for (const node of e.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !/^\s*\p{L}{2,12}\s*$/u.test(node.data)) continue;
      const text = document.createRange();
      text.selectNodeContents(node);
      const lines = new Set([...text.getClientRects()].filter((r) => r.width > 0).map((r) => Math.round(r.top)));
      if (lines.size > 1) found.push(`${assay.name(e)} has a short word, “${node.data.trim()}”, in ${lines.size} pieces`);
    }
    const placed = ["absolute", "fixed"].includes(style.position); // a skip link waits outside the page
    if (box.left < -0.5 && !placed) found.push(`${assay.name(e)} begins ${Math.round(-box.left)} pixels left of the page`);
    const clips = [style.overflowX, style.overflowY].map((o) => o === "hidden" || o === "clip");
    if (style.display === "inline" || e.closest("svg, select, textarea, progress") || e.localName === "input") continue;
    if (clips[0] && e.scrollWidth > e.clientWidth + 1) found.push(`${assay.name(e)} is cut off on the right: ${e.scrollWidth} pixels in ${e.clientWidth}`);
    if (clips[1] && e.scrollHeight > e.clientHeight + 1) found.push(`${assay.name(e)} is cut off below: ${e.scrollHeight} pixels in ${e.clientHeight}`);
  }
  if (page.scrollWidth > width) {
    found.push(`the page is ${page.scrollWidth} pixels wide in a window of ${width}; too wide are: ${[...wide, ...overfull].slice(0, 5).map(assay.name).join(", ") || "none of its elements"}`);
  }
  return found;
})
