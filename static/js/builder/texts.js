// A field for one text in the open language: what readers see without it stands in it greyed, hints stand below it.
import { ownerOf, own, write } from "./document.js";
import { afterPress, h, icon } from "./dom.js";
import { direction, start, t } from "./start.js";
import { store, tell, type } from "./store.js";
import { hint, ready } from "./words.js";

const limitOf = (key) => {
  const parts = key.split(".");
  if (parts.length === 3) return start.limits.part;
  return parts.length === 2 ? start.limits.endings[parts[1]] : start.limits.texts[key];
};

const WAITING = ["no_text", "no_choice_text"];
const left = new Set(); // keys of fields that somebody left empty, or tried to publish so

/** An empty field is no mistake before somebody has been in it. */
const due = (finding, key) => !WAITING.includes(finding.kind) || left.has(key);

/** Say from now on what these fields lack. */
export const leave = (keys) => { for (const key of keys) left.add(key); };

/** Whoever wants to publish is told of everything that is empty by now. */
export const leaveAll = () => { for (const one of store.findings) if (WAITING.includes(one.kind)) leave(one.keys); };

let entered = "";
const depart = () => {
  const gone = entered;
  if (!gone || document.activeElement?.dataset.key === gone) return;
  entered = document.activeElement?.dataset.key ?? "";
  if (left.has(gone)) return;
  leave([gone]);
  if (store.findings.some((one) => WAITING.includes(one.kind) && one.keys.includes(gone))) tell("judged");
};
document.addEventListener("focusin", (event) => {
  if (!entered) entered = event.target.dataset?.key ?? "";
  else afterPress(depart);
});
document.addEventListener("focusout", () => afterPress(depart));

/** What the checklist or a refused save says about a text of the open language. */
export const remarks = (key, locale = store.ui.locale) => {
  const flaws = store.flaws.filter((flaw) => flaw.path === `texts.${locale}.${key}`);
  const found = store.findings.filter((one) => one.kind !== "untranslated" && one.keys.includes(key) && one.locale === locale && due(one, key));
  return [...flaws.map((flaw) => [flaw.message, true]), ...found.map((one) => [one.short || one.sentence, one.stops])];
};

export const remarkList = (found, id) =>
  h("span", { class: "remarks", id }, found.map(([words, grave]) => h("span", { class: grave ? "remark remark-stop" : "remark" }, icon("alert", true), h("span", {}, words))));

const fields = () => [
  [`{company}`, t("Our company: {company}", { company: start.company })],
  [`{{ contact.name | ${t("dear customer")} }}`, t("Name of the person")],
  [`{{ interaction.agent | ${t("our colleague")} }}`, t("Who served them")],
  [`{{ interaction.team | ${t("our team")} }}`, t("Team")],
  [`{{ interaction.channel | ${t("our service")} }}`, t("Channel")],
  [`{{ contact.${t("property")} | ${t("other words")} }}`, t("A property of the person")],
  [`{{ interaction.${t("property")} | ${t("other words")} }}`, t("A property of what happened")],
];

/** A small menu that puts a merge field where the caret is; its words for "not known" are selected to be typed over. */
const merger = (input, label) =>
  h("details", { class: "menu merge-menu", "data-menu": true },
    h("summary", { class: "merge-open", "aria-label": t("Insert a field into “{label}”", { label }), title: t("Insert a field") }, icon("braces")),
    h("div", { class: "menu-list" }, fields().map(([field, words]) =>
      h("button", { type: "button", class: "menu-item", onclick: (event) => insert(event, input(), field) },
        h("span", {}, words), h("code", { class: "merge-code" }, field)))));

const insert = (event, input, field) => {
  event.target.closest("details").open = false;
  const [from, to] = [input.selectionStart, input.selectionEnd];
  input.focus();
  input.setRangeText(field, from, to, "end");
  const bar = field.indexOf("| ");
  const named = /\.([^ |]+) \|/.exec(field);
  if (named && named[1] === t("property")) input.setSelectionRange(from + named.index + 1, from + named.index + 1 + named[1].length);
  else if (bar > 0) input.setSelectionRange(from + bar + 2, from + field.length - 3);
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

/** `text({ key, label, … })`: a labelled field. `wide`: a big one; `bare`: the label is spoken only. */
export const text = ({ key, label, help = "", long = false, big = false, bare = false, prompt = "", onkeydown, onpaste }) => {
  const { locale } = store.ui;
  const limit = limitOf(key);
  const id = `t-${key}`;
  const found = remarks(key);
  let input;
  const count = h("span", { class: "count", "aria-hidden": true });
  const counted = () => {
    const left = limit - input.value.length;
    count.textContent = left <= Math.max(20, limit / 10) ? t("{n} left", { n: left }) : "";
  };
  input = h("textarea", {
    id, rows: 1, class: `input${big ? " input-big" : ""}${long ? " input-long" : ""}`, maxlength: limit, lang: locale, dir: own(store.document, locale, key) ? "auto" : direction(locale),
    placeholder: hint(locale, key) || prompt, "data-at": `text:${key}`, "data-key": key, spellcheck: true,
    "aria-label": bare ? label : undefined, "aria-describedby": found.length ? `${id}-remarks` : undefined, "aria-invalid": found.some(([, grave]) => grave) ? "true" : undefined,
    onkeydown: (event) => {
      if (event.key === "Enter" && !long && !event.isComposing) event.preventDefault();
      onkeydown?.(event);
    },
    onpaste,
    onfocus: () => {
      if (input.value || !usual()) return;
      input.value = usual(); // ready-made words are there to be edited; kept as they are, they stay ready-made
      input.select();
      counted();
    },
    oninput: () => {
      if (!long && input.value.includes("\n")) input.value = input.value.replace(/\s*\n\s*/g, " ");
      counted();
      type(`${locale}:${key}`, (document) => write(document, locale, key, input.value === usual() ? "" : input.value));
    },
  });
  input.value = own(store.document, locale, key);
  const usual = () => { const words = ready(locale, key); return words && hint(locale, key) === words ? words : ""; };
  counted();
  const rest = (event) => {
    if (event.currentTarget.contains(event.relatedTarget) || document.activeElement === input) return;
    if (!own(store.document, locale, key)) input.value = "";
    counted();
  };
  return h("div", { class: `field text-field${bare ? " text-bare" : ""}` },
    !bare && h("span", { class: "text-head" }, h("label", { class: "label", for: id }, label), count),
    help && h("span", { class: "help" }, help),
    h("span", { class: "text-box", onfocusout: rest }, input, merger(() => input, label)),
    remarkList(found, `${id}-remarks`));
};

/** Show newer remarks below the fields without drawing them again: somebody may be typing in one. */
export const refreshRemarks = (root) => {
  for (const input of root.querySelectorAll("textarea[data-key]")) {
    const found = remarks(input.dataset.key);
    const list = document.getElementById(`${input.id}-remarks`);
    list.replaceWith(remarkList(found, list.id));
    if (found.length) input.setAttribute("aria-describedby", list.id);
    else input.removeAttribute("aria-describedby");
    if (found.some(([, grave]) => grave)) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    input.placeholder = hint(store.ui.locale, input.dataset.key) || input.placeholder;
  }
};

/** Remarks about a question that belong to none of its texts, such as too few choices. */
export const ownRemarks = (id) => {
  const index = store.document.questions.findIndex((one) => one.id === id);
  const flaws = store.flaws.filter((flaw) => flaw.path.startsWith(`questions[${index}]`));
  const found = store.findings.filter((one) => one.question === id && !one.keys.length);
  return [...flaws.map((flaw) => [flaw.message, true]), ...found.map((one) => [one.sentence, one.stops])];
};

/** How many remarks a card has, in every language. */
export const remarkCount = (id) => {
  const found = store.findings.filter((one) => one.kind !== "untranslated" && (one.question === id || one.keys.some((key) => ownerOf(key) === id)) && (!one.keys.length || one.keys.some((key) => due(one, key))));
  return { count: found.length, grave: found.some((one) => one.stops) };
};
