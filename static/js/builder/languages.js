// The languages of the survey: which one is open, what each still lacks, and which there are.
import { announce, button, h, icon, select } from "./dom.js";
import { languageName, start, t } from "./start.js";
import { edit, look, store } from "./store.js";
import { load, missing } from "./words.js";

export const openLanguage = (locale) => {
  look({ locale });
  load(locale);
};

const EDGE = 44; // px of a neighbour that stay in view beside the chosen one

const state = (locale) => {
  const count = missing(locale).length;
  return count
    ? h("span", { class: "lang-state lang-miss" }, t("{n} missing", { n: count }))
    : h("span", { class: "lang-state" }, icon("check", true), h("span", { class: "visually-hidden" }, t("Complete")));
};

const walk = (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const items = [...event.currentTarget.querySelectorAll(".lang-tab")];
  items[(items.indexOf(event.target) + step + items.length) % items.length]?.focus();
};

let strip = { at: 0, locale: null }; // how far it is scrolled, and for which language

/** Stay where it was scrolled to, bring a newly chosen language into view, and mark the ends behind which there is more. */
const settle = (tabs) => {
  const chosen = tabs.querySelector("[aria-pressed='true']");
  const [box, tab] = [tabs.getBoundingClientRect(), chosen.getBoundingClientRect()];
  if (!box.width) return;
  const spare = Math.max(0, Math.min(EDGE, (box.width - tab.width) / 2));
  if (strip.locale !== store.ui.locale || strip.width !== box.width) {
    if (tab.left < box.left + spare) tabs.scrollLeft -= box.left + spare - tab.left;
    else if (tab.right > box.right - spare) tabs.scrollLeft += tab.right - box.right + spare;
  }
  strip = { at: tabs.scrollLeft, locale: store.ui.locale, width: box.width };
  mark(tabs);
};

const mark = (tabs) => {
  const [before, after] = [Math.abs(tabs.scrollLeft) > 1, tabs.scrollWidth - tabs.clientWidth - Math.abs(tabs.scrollLeft) > 1];
  tabs.classList.toggle("has-before", before);
  tabs.classList.toggle("has-after", after);
};

const settled = new ResizeObserver((found) => {
  for (const { target } of found) {
    if (!target.isConnected) { settled.unobserve(target); continue; }
    if (!target.dataset.there) { target.dataset.there = "1"; target.scrollLeft = strip.at; strip.locale = null; }
    settle(target);
  }
});

/** The strip above the cards. */
export const languageStrip = () => {
  const { locales } = store.document;
  const scrolled = (event) => { strip.at = event.currentTarget.scrollLeft; mark(event.currentTarget); };
  const tabs = h("div", { class: "lang-tabs", role: "group", "aria-label": t("Language of the words"), onkeydown: walk, onscroll: scrolled }, locales.map((tag) =>
      h("button", { type: "button", class: "lang-tab", "aria-pressed": tag === store.ui.locale ? "true" : "false", "data-at": `lang:${tag}`, onclick: () => openLanguage(tag) },
        h("span", { lang: tag }, languageName(tag)), state(tag))));
  settled.observe(tabs);
  return h("div", { class: "lang-strip" }, tabs,
    h("button", { type: "button", class: "button button-quiet button-small", "data-at": "lang-add", "aria-label": t("Language"), onclick: () => { look({ tab: "settings" }); document.querySelector("[data-pane] [data-at='add-language']")?.focus(); } }, icon("plus"), h("span", { class: "lang-add-word" }, t("Language"))));
};

const adding = () => {
  const left = Object.keys(start.languages).filter((tag) => !store.document.locales.includes(tag));
  if (!left.length || store.document.locales.length >= start.limits.locales) return h("p", { class: "help" }, t("These are all the languages that a survey can have."));
  const chosen = select([["", t("Choose a language")], ...left.map((tag) => [tag, languageName(tag)])], "", { class: "input input-medium", "aria-label": t("Language to add"), "data-at": "add-language" });
  const put = () => {
    const tag = chosen.value;
    if (!tag) { chosen.focus(); return; }
    edit((document, ui) => { document.locales.push(tag); ui.locale = tag; });
    load(tag);
    announce(t("{language} was added with its ready-made words.", { language: languageName(tag) }));
  };
  return h("div", { class: "row" }, chosen, button(t("Add"), { onclick: put, "data-at": "add-language-now" }, "plus"));
};

const line = (tag) => {
  const main = tag === store.document.default_locale;
  const lead = () => edit((document) => { document.default_locale = tag; document.locales = [tag, ...document.locales.filter((other) => other !== tag)]; });
  const drop = () => {
    edit((document, ui) => {
      document.locales = document.locales.filter((other) => other !== tag);
      if (ui.locale === tag) ui.locale = document.default_locale;
    });
    announce(t("{language} is off. Its words are kept for when it comes back.", { language: languageName(tag) }));
  };
  return h("li", { class: "lang-line" },
    h("span", { class: "lang-name", lang: tag }, languageName(tag)), state(tag),
    main ? h("span", { class: "tag tag-accent" }, t("Main language")) : button(t("Make it the main one"), { class: "button button-quiet button-small", onclick: lead, "data-at": `main:${tag}` }),
    !main && button(t("Turn off"), { class: "button button-quiet button-small", "aria-label": t("Turn off {language}", { language: languageName(tag) }), title: t("Its words are kept for when it comes back."), onclick: drop, "data-at": `off:${tag}` }));
};

/** The list in the settings. */
export const languageSettings = () =>
  h("section", { class: "card stack" },
    h("div", {}, h("h2", { class: "pane-title" }, t("Languages")), h("p", { class: "help" }, t("Everybody is asked in their own language where it is on, else in the main one. Ready-made words come along."))),
    h("ul", { class: "lang-list" }, store.document.locales.map(line)),
    store.document.locales.length > 1 && h("p", { class: "help" }, t("A language that is turned off keeps its words for when it comes back.")),
    adding());
