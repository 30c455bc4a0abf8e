// Is this a document that a screen reader can lead through?
(() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)].filter((e) => assay.shown(e));

  if (!/^[a-z]{2}(-[A-Za-z]+)*$/.test(document.documentElement.lang)) found.push(`the language of the page is “${document.documentElement.lang}”`);
  if (document.compatMode !== "CSS1Compat") found.push("the page is in quirks mode: it has no doctype");
  if (!/\S.* · Assay$/.test(document.title)) found.push(`the title is “${document.title}”, and should be words of the page and “ · Assay”`);
  const scale = document.querySelector("meta[name=viewport]")?.content ?? "";
  if (!scale.includes("width=device-width")) found.push("the page is not told the width of the device");
  if (/user-scalable\s*=\s*(no|0)|maximum-scale/.test(scale)) found.push(`the page keeps people from enlarging it: ${scale}`);

  const headings = all("h1, h2, h3, h4, h5, h6");
  const first = headings.filter((h) => h.localName === "h1");
  if (first.length !== 1) found.push(`there are ${first.length} h1: ${first.map(assay.name).join(", ")}`);
  let level = 0;
  for (const h of headings) {
    const its = Number(h.localName[1]);
    if (its > level + 1) found.push(`${assay.name(h)} comes after a heading of level ${level}`);
    if (!h.innerText.trim()) found.push(`${assay.name(h)} has no words`);
    level = its;
  }

  const inMain = "main, article, aside, nav, section";
  const marks = {
    banner: all("header").filter((e) => !e.parentElement.closest(inMain)),
    "content information": all("footer").filter((e) => !e.parentElement.closest(inMain)),
    main: all("main, [role=main]"),
  };
  for (const [mark, elements] of Object.entries(marks)) {
    if (elements.length !== 1) found.push(`there are ${elements.length} landmarks “${mark}”`);
  }
  const navigation = all("nav, [role=navigation]");
  if (navigation.length === 0) found.push("there is no landmark “navigation”");
  const names = navigation.map((n) => n.getAttribute("aria-label") || document.getElementById(n.getAttribute("aria-labelledby"))?.innerText || "");
  if (navigation.length > 1 && (names.includes("") || new Set(names).size < names.length)) {
    found.push(`there are ${navigation.length} navigations, and their names do not tell them apart: ${names.join(", ")}`);
  }
  if (first[0] && !first[0].closest("main")) found.push("the h1 is not in main");

  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) found.push(`two elements have the id ${e.id}`);
    ids.add(e.id);
  }
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby], label[for], output[for]")) {
    for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
      for (const id of (e.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean)) {
        if (!ids.has(id)) found.push(`${assay.name(e)} refers to the id ${id}, which is not there`);
      }
    }
  }
  for (const e of document.querySelectorAll("[style], style, [onclick], [onload], script:not([src])")) {
    found.push(`${assay.name(e)} carries style or script in the page itself`);
  }
  return found;
})()
