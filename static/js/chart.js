// The word beside the point: by pointer, by finger, and by arrow keys when the drawing has focus.
(() => {
  const start = (figure) => {
    if (figure.dataset.ready) return;
    figure.dataset.ready = "1";
    const svg = figure.querySelector(".chart-svg");
    const tip = figure.querySelector(".chart-tip");
    const frame = figure.querySelector(".chart-frame");
    const hits = [...figure.querySelectorAll(".chart-hit")];
    for (const title of figure.querySelectorAll(".chart-hit title")) title.remove();
    let at = -1;

    const hide = () => {
      hits[at]?.classList.remove("chart-hit-on");
      at = -1;
      tip.hidden = true;
    };
    const show = (index) => {
      if (!hits.length || index === at) return;
      hits[at]?.classList.remove("chart-hit-on");
      at = Math.min(Math.max(index, 0), hits.length - 1);
      const hit = hits[at];
      hit.classList.add("chart-hit-on");
      const { label, value, more, n } = hit.dataset;
      const strong = Object.assign(document.createElement("strong"), { textContent: `${label}: ${value}` });
      tip.replaceChildren(strong, [more, n].filter(Boolean).join(" · "));
      tip.hidden = false;
      const outer = frame.getBoundingClientRect();
      const inner = hit.getBoundingClientRect();
      const middle = inner.left + inner.width / 2 - outer.left;
      const left = Math.min(Math.max(middle - tip.offsetWidth / 2, 0), outer.width - tip.offsetWidth);
      tip.style.transform = `translate(${Math.round(left)}px, ${-Math.round(tip.offsetHeight / 2)}px)`;
    };

    hits.forEach((hit, index) => {
      hit.addEventListener("pointerenter", () => show(index));
      hit.addEventListener("click", (event) => {
        if (hit.dataset.href && event.pointerType === "mouse") location.assign(hit.dataset.href);
        else show(index);
      });
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) show(hits.length - 1); });
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: hits.length - 1 }[event.key];
      if (event.key === "Escape") hide();
      else if (event.key === "Enter" && hits[at]?.dataset.href) location.assign(hits[at].dataset.href);
      else if (next !== undefined) { event.preventDefault(); show(Math.min(Math.max(next, 0), hits.length - 1)); }
    });
  };
  const all = (root) => root.querySelectorAll("[data-chart]").forEach(start);
  document.addEventListener("DOMContentLoaded", () => all(document));
  document.addEventListener("htmx:load", (event) => all(event.detail.elt));
})();
