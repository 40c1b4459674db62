// What the checklist found, listed beside the preview; each line leads to its place.
import { ownerOf } from "./document.js";
import { find, h, icon } from "./dom.js";
import { languageName, start, t } from "./start.js";
import { look, store } from "./store.js";
import { leave } from "./texts.js";

const root = document.querySelector("[data-checklist]");
const pane = document.querySelector("[data-pane]");
const badge = document.querySelectorAll("[data-check-count]");
export const showEditor = () => { document.querySelector("[data-side='edit']")?.click(); };

const tabOf = (key) => {
  if (ownerOf(key)) return "questions";
  if (key.startsWith("thanks_")) return "thanks";
  return start.groups.mail.includes(key) ? "mail" : "words";
};

/** Open what a place names (`text:<key>`, `field:<question>:<field>`, `add`), and put the focus there. */
export const goTo = (place, locale) => {
  const [room, first] = place.split(":");
  const { ui, document: { locales } } = store;
  const view = { locale: locales.includes(locale) ? locale : ui.locale, adding: null };
  if (room === "text") Object.assign(view, { tab: tabOf(first), open: ownerOf(first) || ui.open });
  else if (room === "field") Object.assign(view, ["look", "name", "locales", "default_locale", "anonymous"].includes(first) ? { tab: "settings" } : { tab: "questions", open: first });
  else view.tab = "questions";
  if (room === "text") leave([first]);
  showEditor();
  look(view);
  const field = find(pane, place) ?? (room === "field" && (find(pane, first === "locales" ? "add-language" : place) ?? find(pane, `add-part:${first}`) ?? find(pane, `card:${first}`)));
  field?.focus();
  field?.scrollIntoView({ block: "center" });
};

/** A refused save, as the checklist shows it: its path leads to a place too. */
const refused = ({ path, message }) => {
  const [room, locale, ...key] = path.split(".");
  const [, index, field] = /^questions\[(\d+)\]\.?(\w*)/.exec(path) ?? [];
  const id = index && store.document.questions[index]?.id;
  const place = room === "texts" ? `text:${key.join(".")}` : id ? `field:${id}:${field}` : room === "metric" ? "field:score:metric" : `field:${room}`;
  return { stops: true, sentence: message, places: [{ locale: room === "texts" ? locale : "", place }] };
};

const line = ({ stops, sentence, places }) => {
  const kind = `check ${stops ? "check-stop" : "check-warn"}`;
  const [{ place, locale }, ...more] = places;
  if (!more.length) return h("li", {}, h("button", { type: "button", class: kind, onclick: () => goTo(place, locale) }, icon("alert"), h("span", {}, sentence)));
  return h("li", { class: `${kind} check-many` }, icon("alert"), h("div", {}, sentence,
    h("div", { class: "check-places" }, places.map((one) => h("button", { type: "button", class: "button button-quiet button-small", lang: one.locale, onclick: () => goTo(one.place, one.locale) }, one.language)))));
};

export const drawChecklist = () => {
  const findings = [...store.flaws.map(refused), ...store.lines];
  const stops = findings.filter((one) => one.stops).length;
  for (const element of badge) {
    element.textContent = findings.length ? String(findings.length) : "";
    element.hidden = !findings.length;
    element.classList.toggle("is-grave", stops > 0);
  }
  root.querySelector("[data-check-title]").textContent = findings.length
    ? stops ? t("Before publishing: {n} to put right", { n: stops }) : t("Worth a look: {n}", { n: findings.length })
    : t("Ready to publish");
  root.classList.toggle("is-good", !findings.length);
  root.querySelector("[data-check-list]").replaceChildren(...(findings.length ? findings.map(line) : [h("li", { class: "help" }, t("Every text is there, in every language: {languages}.", { languages: store.document.locales.map(languageName).join(", ") }))]));
};
