// The choices of a question, or the lines of a rating table: typed one below the other, like a list on paper.
import { addParts, movePart, partKey, parts, question, removePart } from "./document.js";
import { afterPress, announce, button, dialog, find, h, iconButton } from "./dom.js";
import { grip } from "./dragging.js";
import { start, t } from "./start.js";
import { edit, store } from "./store.js";
import { text } from "./texts.js";
import { said } from "./words.js";

const pane = document.querySelector("[data-pane]");
const goTo = (one, part) => find(pane, `text:${partKey(one, part)}`)?.focus();

const names = (one) => (one.kind === "matrix"
  ? { one: (n) => t("Line {n}", { n }), add: t("Add a line"), head: t("Lines to rate") }
  : { one: (n) => t("Choice {n}", { n }), add: t("Add a choice"), head: t("Choices") });

const added = new Set(); // choices and lines that came into being on this page

/** New ones that were left without a word in any language go away by themselves, down to what a question needs. */
const emptied = (one) => {
  const least = one.kind === "matrix" ? 1 : 2;
  const empty = parts(one).filter((part) => added.has(part) && !store.document.locales.some((locale) => said(locale, partKey(one, part))) && !Object.values(store.document.texts).some((texts) => texts[partKey(one, part)]?.trim()));
  return empty.reverse().slice(0, Math.max(0, parts(one).length - least));
};

/** Tidy every list in which nobody is any more. */
export const tidy = () => {
  for (const { id } of store.document.questions) {
    const list = pane.querySelector(`[data-parts="${CSS.escape(id)}"]`);
    const gone = list?.contains(document.activeElement) ? [] : emptied(question(store.document, id));
    if (!gone.length) continue;
    edit((copy) => { for (const part of gone) removePart(copy, id, part); }, { quiet: true });
    list?.replaceWith(partList(question(store.document, id)));
  }
};
for (const moved of ["focusin", "focusout"]) document.addEventListener(moved, () => { if (added.size) afterPress(tidy); });

/** The parts of a question that was just made. */
export const made = (one) => { for (const part of parts(one)) added.add(part); };

const insert = (one, index, texts) => {
  const room = start.limits.parts - parts(one).length;
  if (room <= 0) { announce(t("There is no room for more.")); return; }
  const fresh = edit((document) => {
    const found = addParts(document, one.id, index, texts.slice(0, room), store.ui.locale);
    for (const part of found) added.add(part);
    return found;
  });
  goTo(one, fresh.at(-1));
};

const drop = (one, part) => {
  const list = parts(one);
  const index = list.indexOf(part);
  edit((document) => removePart(document, one.id, part));
  const left = list.filter((other) => other !== part);
  if (left.length) goTo(one, left[Math.max(0, index - 1)]);
  else find(pane, `add-part:${one.id}`)?.focus();
};

const shift = (one, part, by) => {
  const list = parts(one);
  const to = list.indexOf(part) + by;
  if (to < 0 || to >= list.length) return;
  edit((document) => movePart(document, one.id, part, to));
  announce(t("“{name}” is now number {n} of {all}.", { name: said(store.ui.locale, partKey(one, part)) || names(one).one(to + 1), n: to + 1, all: list.length }));
};

/** Enter goes on below, into a new one where the next has words already;
 * Backspace in an empty field takes it away, Alt and an arrow moves it. */
const keys = (one, part) => (event) => {
  const list = parts(one);
  const index = list.indexOf(part);
  const next = list[index + 1];
  if (event.key === "Enter" && !event.isComposing) {
    if (next && !said(store.ui.locale, partKey(one, next))) goTo(one, next);
    else insert(one, index + 1, [""]);
  }
  else if (event.key === "Backspace" && event.target.value === "" && list.length > 1) drop(one, part);
  else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) shift(one, part, event.key === "ArrowUp" ? -1 : 1);
  else return;
  event.preventDefault();
  event.stopPropagation();
};

const lines = (words) => words.split(/\r?\n/).map((line) => line.replace(/^\s*(?:[-*•–]|\d+[.)])\s+/, "").trim().slice(0, start.limits.part)).filter(Boolean);

/** Several lines pasted into one field become several choices. */
const pasted = (one, part) => (event) => {
  const found = lines(event.clipboardData?.getData("text/plain") ?? "");
  if (found.length < 2) return;
  event.preventDefault();
  const { target } = event;
  const [first, ...rest] = target.value.trim() ? ["", ...found] : found;
  if (first) { target.value = first; target.dispatchEvent(new Event("input", { bubbles: true })); }
  insert(one, parts(one).indexOf(part) + 1, rest);
  announce(t("{n} lines were added.", { n: found.length }));
};

const pasteMany = async (one) => {
  const area = h("textarea", { class: "input input-long", rows: 8, "aria-label": t("One line each"), lang: store.ui.locale });
  const answer = await dialog(t("Paste many lines"), [h("p", {}, t("One line each. Bullets and numbers before them are taken off.")), area],
    (close) => [button(t("Cancel"), { onclick: () => close("") }), button(t("Add them"), { class: "button button-primary", onclick: () => close("add") })]);
  const found = lines(area.value);
  if (answer !== "add" || !found.length) return;
  const empty = parts(one).filter((part) => !said(store.ui.locale, partKey(one, part)));
  edit((document) => {
    for (const part of empty) removePart(document, one.id, part);
    const at = parts(document.questions.find((other) => other.id === one.id)).length;
    addParts(document, one.id, at, found.slice(0, start.limits.parts - at), store.ui.locale);
  });
  announce(t("{n} lines were added.", { n: found.length }));
};

const line = (one, part, index, list) =>
  h("li", { class: "part", data: { drag: part } },
    grip(t("Move {name}", { name: names(one).one(index + 1) })),
    text({ key: partKey(one, part), label: names(one).one(index + 1), bare: true, prompt: names(one).one(index + 1), onkeydown: keys(one, part), onpaste: pasted(one, part) }),
    h("span", { class: "part-acts" },
      iconButton(t("Move up"), "arrow-up", { disabled: index === 0, onclick: () => shift(one, part, -1), "data-at": `up:${one.id}.${part}` }),
      iconButton(t("Move down"), "arrow-down", { disabled: index === list.length - 1, onclick: () => shift(one, part, 1), "data-at": `down:${one.id}.${part}` }),
      iconButton(t("Remove {name}", { name: said(store.ui.locale, partKey(one, part)) || names(one).one(index + 1) }), "x", { onclick: () => drop(one, part) })));

export const partList = (one) => {
  const list = parts(one);
  return h("fieldset", { class: "field parts", data: { parts: one.id } },
    h("legend", { class: "label" }, names(one).head),
    h("ol", { class: "part-list", data: { sort: `parts:${one.id}` } }, list.map((part, index) => line(one, part, index, list))),
    h("div", { class: "row part-foot" },
      button(names(one).add, { class: "button button-quiet button-small", onclick: () => insert(one, list.length, [""]), "data-at": `add-part:${one.id}` }, "plus"),
      button(t("Paste many lines"), { class: "button button-quiet button-small", onclick: () => pasteMany(one), "data-at": `paste:${one.id}` }, "copy")));
};
