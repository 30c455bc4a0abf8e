// Is the page as light or as dark as was asked for?
((scheme) => {
  const ground = [document.body, document.documentElement].map((e) => getComputedStyle(e).backgroundColor).find((c) => !/^rgba\(.*, 0\)$/.test(c));
  const [red, green, blue] = (ground ?? "rgb(255, 255, 255)").match(/[\d.]+/g).map((n) => Number(n) / 255);
  const bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (scheme === "dark" ? bright < 0.3 : bright > 0.7) ? [] : [`the page has the ground ${ground} for people who prefer it ${scheme}`];
})
