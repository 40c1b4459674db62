// What the page brought along, and the words of the builder in the reader's language.
export const start = JSON.parse(document.getElementById("builder-start").textContent);

/** A phrase in the reader's language, its {names} filled in. The English phrase is its key. */
export const t = (phrase, values = {}) =>
  (start.phrases[phrase] ?? phrase).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

export const languageName = (tag) => start.languages[tag] ?? tag;
export const direction = (tag) => (start.rtl.includes(tag) ? "rtl" : "ltr");
export const scale = (metric) => start.scales[metric];
