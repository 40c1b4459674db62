// What readers of a language see where the designer wrote nothing, and what still waits for a translation.
import { keysOf, own, titleKey } from "./document.js";
import { start, t } from "./start.js";
import { store, tell } from "./store.js";

const language = (tag) => tag.split("-")[0];
const carriesMeaning = (key) => key.includes(".") || start.groups.question.includes(key);
export const ready = (locale, key) => store.words[locale]?.[key] ?? "";

/** The words shown in `locale`: its own, else the main language's where they carry the meaning, else ready-made ones. */
export const said = (locale, key) => own(store.document, locale, key).trim() || hint(locale, key);

/** The same without its own: what a field shows while it is empty. */
export const hint = (locale, key) => {
  const main = store.document.default_locale;
  const written = own(store.document, main, key).trim();
  if (locale !== main && carriesMeaning(key) && written && written !== ready(main, key)) return written;
  return ready(locale, key);
};

/** The texts that a language shows in the main language, because only that one has words of the designer's own. */
export const missing = (locale) => {
  const { document } = store;
  const main = document.default_locale;
  if (language(locale) === language(main)) return [];
  const keys = new Set([...start.groups.question, ...document.questions.flatMap((one) => keysOf(one, document.metric))]);
  return [...keys].filter((key) => {
    const written = own(document, main, key).trim();
    return written && written !== ready(main, key) && !own(document, locale, key).trim();
  });
};

/** A question as people call it, in the open language. */
export const nameOf = (one, length = 90) => {
  const text = said(store.ui.locale, titleKey(one)).replaceAll("{company}", start.company);
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
};

const coming = new Map();
/** Ready-made words of a language that was not open yet. */
export const load = (locale) => {
  if (store.words[locale]) return Promise.resolve();
  if (!coming.has(locale)) {
    coming.set(locale, fetch(`${start.addresses.words}/${locale}`)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
      .then((words) => { store.words[locale] = words; tell("seen"); })
      .catch(() => {})
      .finally(() => coming.delete(locale)));
  }
  return coming.get(locale);
};

/** What the ready-made words depend on; when it changes, the next save brings them anew. */
export const signature = (document) => {
  const kinds = document.questions.filter((one) => one.kind === "contact").map((one) => one.id);
  return JSON.stringify([document.metric, document.template, document.questions.length > 2, kinds]);
};

export const KINDS = {
  score: [t("Score"), t("The one that is measured: NPS, CSAT, CES, stars, smileys …"), "chart"],
  one: [t("Single choice"), t("One answer out of several"), "radio"],
  many: [t("Multiple choice"), t("Any number of answers"), "checks"],
  short: [t("Short text"), t("One line: a word, a number, a name"), "short"],
  long: [t("Long text"), t("A comment; the mood of the first one is read"), "lines"],
  matrix: [t("Rating table"), t("Several lines rated on one scale, as SERVQUAL does"), "table"],
  yesno: [t("Yes or no"), t("A question with two answers"), "yesno"],
  date: [t("Date"), t("A day, such as the day of a delivery"), "calendar"],
  contact: [t("May we contact you?"), t("Consent, with an address to answer to"), "mail"],
};
