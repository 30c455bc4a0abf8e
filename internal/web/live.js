// Keeps the list of decisions up to date: it reads this same page again and
// takes over the lines that are new, as the server wrote them. It says
// nothing of its own about them. Without it the page is complete, and as old
// as its loading.
"use strict";

(() => {
  const every = 10_000; // ms between two readings
  const most = 200; // lines kept
  const holder = document.getElementById("decided");
  const said = document.getElementById("live");
  if (!holder || !said) {
    return;
  }
  let wait = every;

  const lines = (root) => Array.from(root.querySelectorAll("tr[data-key]"));

  const take = (page) => {
    const body = holder.querySelector("tbody");
    if (!body) {
      // There was nothing to list so far.
      const first = page.querySelector("#decided .table");
      if (first) {
        holder.replaceChildren(document.importNode(first, true));
      }
      return lines(holder).length;
    }
    const shown = new Map(lines(body).map((line) => [line.dataset.key, line]));
    const next = document.createDocumentFragment();
    let added = 0;
    for (const line of lines(page)) {
      const old = shown.get(line.dataset.key);
      if (old && old.textContent === line.textContent) {
        continue;
      }
      if (old) {
        old.remove();
      }
      next.append(document.importNode(line, true));
      added++;
    }
    body.prepend(next);
    lines(body).slice(most).forEach((line) => line.remove());
    return added;
  };

  const read = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "error" });
      if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
        said.textContent = "This page is no longer kept up to date: load it again.";
        return;
      }
      if (!answer.ok) {
        throw new Error(answer.statusText);
      }
      const text = await answer.text();
      // Whoever walks through the list by keyboard must not lose their place:
      // it stays as it is until they have left it.
      if (!holder.contains(document.activeElement)) {
        const added = take(new DOMParser().parseFromString(text, "text/html"));
        if (added > 0) {
          said.textContent = added === 1 ? "One line is new." : added + " lines are new.";
        }
      }
      wait = every;
    } catch {
      wait = Math.min(wait * 2, 300_000); // the server may be restarting
    }
    again();
  };

  const again = () => {
    setTimeout(() => {
      if (document.visibilityState === "visible") {
        read();
        return;
      }
      document.addEventListener("visibilitychange", read, { once: true });
    }, wait);
  };

  said.hidden = false;
  said.textContent = "New lines appear here by themselves.";
  again();
})();
