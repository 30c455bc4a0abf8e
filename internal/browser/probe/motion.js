// Does anything move for somebody who asked for less motion?
(() => {
  const found = [];
  const longest = (list) => Math.max(0, ...list.split(",").map((s) => parseFloat(s) * (s.trim().endsWith("ms") ? 0.001 : 1)));
  for (const e of document.querySelectorAll("*")) {
    for (const part of [null, "::before", "::after"]) {
      const style = getComputedStyle(e, part);
      if (style.animationName !== "none" && longest(style.animationDuration) > 0.01) found.push(`${assay.name(e)}${part ?? ""} has the animation ${style.animationName}`);
      if (longest(style.transitionDuration) > 0.01) found.push(`${assay.name(e)}${part ?? ""} has a transition of ${style.transitionDuration}`);
      if (!part && style.scrollBehavior === "smooth") found.push(`${assay.name(e)} scrolls smoothly`);
    }
    if (["marquee", "blink", "video"].includes(e.localName) || (e.localName === "meta" && e.httpEquiv === "refresh")) found.push(`${assay.name(e)} moves by itself`);
  }
  for (const a of document.getAnimations()) {
    if (a.playState === "running") found.push(`${assay.name(a.effect?.target)} is being animated`);
  }
  return [...new Set(found)];
})()
