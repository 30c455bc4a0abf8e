// On paper nothing can be opened any more.
(() => {
  const found = [];
  for (const drawer of document.querySelectorAll("details")) {
    const inside = [...drawer.children].filter((e) => e.localName !== "summary" && e.textContent.trim());
    if (inside.some((e) => !assay.shown(e) || e.getBoundingClientRect().height < 1)) found.push(`${assay.name(drawer)} stays closed on paper`);
  }
  for (const e of document.body.querySelectorAll("*")) {
    if (!assay.shown(e) || assay.spokenOnly(e)) continue;
    const style = getComputedStyle(e);
    const scrolls = (o) => o === "auto" || o === "scroll";
    if ((scrolls(style.overflowX) && e.scrollWidth > e.clientWidth + 1) || (scrolls(style.overflowY) && e.scrollHeight > e.clientHeight + 1)) {
      found.push(`${assay.name(e)} would have to be scrolled on paper`);
    }
    if (style.position === "fixed") found.push(`${assay.name(e)} is on every sheet of paper, over what is there`);
  }
  return found;
})()
