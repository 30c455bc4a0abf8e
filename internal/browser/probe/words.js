// What the other probes say of an element, and whether a person can see it.
// Each probe is one expression; this one is put in front of it.
const assay = {
  // name writes an element so that it is found again in the page's source.
  name(element) {
    if (!element) return "nothing";
    const words = (element.innerText || element.value || "").trim().replace(/\s+/g, " ").slice(0, 60);
    const id = element.id ? "#" + element.id : "";
    const classes = typeof element.className === "string" && element.className ? "." + element.className.trim().split(/\s+/).join(".") : "";
    return `<${element.localName}${id}${classes}>` + (words ? ` “${words}”` : "");
  },

  // shown tells whether an element is rendered at all.
  shown(element) {
    return element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && element.getClientRects().length > 0;
  },

  // spokenOnly tells an element that is there for screen readers alone, by
  // the usual means: clipped away altogether, or one pixel large.
  spokenOnly(element) {
    for (let e = element; e && e !== document.documentElement; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.clipPath === "inset(50%)" || style.clip === "rect(0px, 0px, 0px, 0px)") return true;
      if (style.overflow === "hidden" && style.position === "absolute" && e.offsetWidth <= 1 && e.offsetHeight <= 1) return true;
    }
    return false;
  },
};
