// What axe-core finds that keeps somebody from reading or using the page: by
// all its rules, or by those alone that ask how the page looks.
(async (whole) => {
  const looks = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"];
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
  const result = await axe.run(document, {
    runOnly: whole ? { type: "tag", values: tags } : { type: "rule", values: looks },
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
    preload: false, // it would ask for the stylesheet once more
  });
  if (!result.passes.some((p) => p.id === "color-contrast")) return ["axe-core did not see the page: it found no text to read"];
  return result.violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => {
      const where = v.nodes.slice(0, 5).map((n) => n.target.join(" ") + " " + n.html.slice(0, 160) + " (" + (n.any[0] ?? n.all[0] ?? n.none[0])?.message + ")");
      return `${v.impact}: ${v.id}: ${v.help}, at ${v.nodes.length}:\n    ${where.join("\n    ")}`;
    });
})
